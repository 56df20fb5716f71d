"""Google's token service and Data Manager API, as far as Customer Match goes and the public pages tell."""

import re
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need, need_fields

CLIENT = {
    "client_id": "google-client-5521-planted",
    "client_secret": "google-secret-7730-planted",
    "refresh_token": "google-refresh-1299-planted",
}
ACCOUNT = "1234567890"
LISTS = {"lapsed_customers": "9001", "newsletter-readers": "9002"}
_HEX = re.compile(r"[0-9a-f]{64}")
_CONSENT = {"CONSENT_GRANTED", "CONSENT_DENIED", "CONSENT_STATUS_UNSPECIFIED"}
Member = tuple[tuple[str, str], ...]


class FakeGoogle(FakeService):
    """Lists of members, each known by its identifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.lists: dict[str, dict[Member, dict[str, str]]] = {list_id: {} for list_id in LISTS.values()}
        self.token = ""
        self.tokens_given = 0
        self.requests: list[str] = []

    def refusal(self) -> Reply:
        reason = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_DENIED"}]
        return Reply(403, {"error": {"code": 403, "status": "PERMISSION_DENIED", "details": reason}})

    def answer(self, asked: Asked) -> Reply:
        """Do as the method says."""
        if asked.path == "/token":
            return self._give_token(asked)
        if asked.headers.get("authorization") != f"Bearer {self.token}" or not self.token:
            raise Rejected(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}})
        if asked.method == "GET":
            prefix = f"/v1/accountTypes/GOOGLE_ADS/accounts/{ACCOUNT}/userLists/"
            list_id = asked.path.removeprefix(prefix)
            need(asked.path.startswith(prefix) and list_id in self.lists, "no such list", 404)
            return Reply(200, {"id": list_id})
        need(asked.method == "POST", "method", 405)
        if asked.path == "/v1/audienceMembers:ingest":
            return self._ingest(asked.json())
        if asked.path == "/v1/audienceMembers:remove":
            return self._remove(asked.json())
        raise Rejected(404, {"error": "no such method"})

    def _give_token(self, asked: Asked) -> Reply:
        need(asked.method == "POST", "method", 405)
        need(asked.headers["content-type"] == "application/x-www-form-urlencoded", "content type")
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if form != {"grant_type": "refresh_token", **CLIENT}:
            raise Rejected(400, {"error": "invalid_grant"})
        self.tokens_given += 1
        self.token = f"token-{self.tokens_given}-planted"
        return Reply(200, {"access_token": self.token, "expires_in": 3599, "token_type": "Bearer"})

    def _ingest(self, body: Any) -> Reply:
        need_fields(
            body,
            required={"destinations", "audienceMembers", "encoding", "termsOfService"},
            optional={"consent", "validateOnly"},
            where="ingest",
        )
        need(
            body["termsOfService"] == {"customerMatchTermsOfServiceStatus": "ACCEPTED"}, "terms not accepted"
        )
        members = self._members(body)
        for told in members:
            need_fields(told, required={"userData"}, optional={"consent"}, where="member")
        held = self._list(body)
        for told in members:
            consent = told.get("consent", {})
            need_fields(
                consent, required=set(), optional={"adUserData", "adPersonalization"}, where="consent"
            )
            need(set(consent.values()) <= _CONSENT, "consent")
            held[_read(told["userData"])] = dict(consent)
        return self._take()

    def _remove(self, body: Any) -> Reply:
        need_fields(
            body,
            required={"destinations", "audienceMembers", "encoding"},
            optional={"validateOnly"},
            where="remove",
        )
        members = self._members(body)
        for told in members:
            need_fields(told, required={"userData"}, where="member")
        held = self._list(body)
        gone = {identifier for told in members for identifier in _read(told["userData"])}
        for member in [member for member in held if gone & set(member)]:
            del held[member]
        return self._take()

    def _members(self, body: Any) -> list[Any]:
        members: list[Any] = body["audienceMembers"]
        need(1 <= len(members) <= 10_000, "1 to 10000 members")
        need(body["encoding"] == "HEX", "encoding")
        return members

    def _list(self, body: Any) -> dict[Member, dict[str, str]]:
        need(len(body["destinations"]) == 1, "one destination here")
        destination = body["destinations"][0]
        need_fields(
            destination,
            required={"operatingAccount", "productDestinationId"},
            optional={"loginAccount", "reference"},
            where="destination",
        )
        need(
            destination["operatingAccount"] == {"accountType": "GOOGLE_ADS", "accountId": ACCOUNT}, "account"
        )
        need(destination["productDestinationId"] in self.lists, "no such list", 404)
        return self.lists[destination["productDestinationId"]]

    def _take(self) -> Reply:
        self.requests.append(f"request-{len(self.requests) + 1}")
        return Reply(200, {"requestId": self.requests[-1]})


def _read(data: Any) -> Member:
    need_fields(data, required={"userIdentifiers"}, where="userData")
    identifiers = data["userIdentifiers"]
    need(1 <= len(identifiers) <= 10, "1 to 10 identifiers")
    for identifier in identifiers:
        need(len(identifier) == 1, "an identifier is one of its fields")
        need(set(identifier) <= {"emailAddress", "phoneNumber"}, "unknown identifier")
        need(all(_HEX.fullmatch(value) for value in identifier.values()), "no SHA-256 in hex")
    return tuple(next(iter(identifier.items())) for identifier in identifiers)
