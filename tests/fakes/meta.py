"""Meta's Custom Audience users, as far as the public pages of the Marketing API tell."""

import re
from typing import Any

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need, need_fields

TOKEN = "EAAB-meta-token-4471-planted"
AUDIENCES = {"lapsed_customers": "23850001", "newsletter-readers": "23850002"}
_HEX = re.compile(r"[0-9a-f]{64}")
_FORMS = {
    "EMAIL": _HEX,
    "PHONE": _HEX,
    "MADID": re.compile(r"[0-9a-f-]{36}"),
    "EXTERN_ID": re.compile(r".{1,200}"),
}
_OPTIONS = "DATA_PROCESSING_OPTIONS"
Person = tuple[tuple[str, str], ...]


def error(status: int, code: int, subcode: int = 0) -> Reply:
    """Return an error as Meta words it."""
    told = {"message": "told", "type": "OAuthException", "code": code, "error_subcode": subcode}
    return Reply(status, {"error": told})


class FakeMeta(FakeService):
    """Audiences of people, each known by keys, with the options of the last time they were told of."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.audiences: dict[str, dict[Person, list[Any]]] = {key: {} for key in AUDIENCES.values()}
        self.sessions: dict[int, tuple[int, bool]] = {}
        """Session -> the batch that was taken last, and whether it said that it was the last."""
        self.replacing: dict[str, tuple[int, dict[Person, list[Any]]]] = {}
        self.flagged: set[str] = set()

    def refusal(self) -> Reply:
        return error(403, 200)

    def answer(self, asked: Asked) -> Reply:
        """Do as the edge says."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, 190)
        need("access_token" not in asked.query, "token in the address")
        version, _, place = asked.path.removeprefix("/").partition("/")
        need(version == "v25.0", "version")
        audience, _, edge = place.partition("/")
        if audience not in self.audiences:
            return error(404, 100, 33)
        if asked.method == "GET":
            need(not edge and asked.query == {"fields": ["id,operation_status"]}, "fields")
            code = 471 if audience in self.flagged else 200
            return Reply(200, {"id": audience, "operation_status": {"code": code, "description": "told"}})
        need((asked.method, edge) in {("POST", "users"), ("DELETE", "users"), ("POST", "usersreplace")}, edge)
        if audience in self.flagged:
            return error(400, 100, 1713230)
        return self._change(audience, asked.method, edge, asked.json())

    def _change(self, audience: str, method: str, edge: str, body: Any) -> Reply:
        need_fields(body, required={"session", "payload"}, where="body")
        session, is_last = self._session(body["session"])
        people = _read_people(body["payload"], with_options=method == "POST")
        replacing = self.replacing.get(audience)
        if replacing and (edge != "usersreplace" or replacing[0] != session):
            del self.sessions[session]
            return error(400, 2650, 1870145)
        held = self.audiences[audience]
        if edge == "usersreplace":
            _, coming = self.replacing.setdefault(audience, (session, {}))
            coming.update(people)
            if is_last:
                self.audiences[audience] = self.replacing.pop(audience)[1]
        elif method == "DELETE":
            gone = {key for person in people for key in person}
            for person in [person for person in held if gone & set(person)]:
                del held[person]
        else:
            held.update(people)
        counted = {"num_received": len(body["payload"]["data"]), "num_invalid_entries": 0}
        return Reply(
            200,
            {
                "audience_id": audience,
                "session_id": str(session),
                "invalid_entry_samples": {},
                **counted,
            },
        )

    def _session(self, told: Any) -> tuple[int, bool]:
        need_fields(
            told,
            required={"session_id", "batch_seq", "last_batch_flag", "estimated_num_total"},
            where="session",
        )
        session, number = told["session_id"], told["batch_seq"]
        need(isinstance(session, int) and 0 < session < 2**63, "session_id")
        need(isinstance(told["last_batch_flag"], bool), "last_batch_flag")
        need(isinstance(told["estimated_num_total"], int) and told["estimated_num_total"] > 0, "total")
        before, is_over = self.sessions.get(session, (0, False))
        need(number in {before, before + 1} and number >= 1, "batch_seq out of order")
        need(not is_over or number == before, "the session is over")
        self.sessions[session] = (number, told["last_batch_flag"])
        return session, told["last_batch_flag"]


def _read_people(payload: Any, *, with_options: bool) -> dict[Person, list[Any]]:
    need_fields(payload, required={"schema", "data"}, where="payload")
    schema, data = payload["schema"], payload["data"]
    keys = [key for key in schema if key in _FORMS]
    options = [key for key in schema if key.startswith(_OPTIONS)]
    need(keys and schema == keys + options and len(set(schema)) == len(schema), "schema")
    need(options in ([], [_OPTIONS], [_OPTIONS, f"{_OPTIONS}_COUNTRY", f"{_OPTIONS}_STATE"]), "options")
    need(with_options or not options, "options when taking out")
    if not isinstance(data, list) or not 1 <= len(data) <= 10_000:
        raise Rejected(400, {"error": {"code": 100, "message": "1 to 10000 people"}})
    return dict(_read_person(row, keys, options) for row in data)


def _read_person(row: Any, keys: list[str], options: list[str]) -> tuple[Person, list[Any]]:
    need(isinstance(row, list) and len(row) == len(keys) + len(options), "row does not match the schema")
    values, told = row[: len(keys)], row[len(keys) :]
    for key, value in zip(keys, values, strict=True):
        need(value == "" or _FORMS[key].fullmatch(value), f"form of {key}")
    need(any(values), "nobody")
    if options:
        need(told[0] in ([], ["LDU"]), "options are [] or LDU")
    if len(options) > 1:
        need(told[1] in {0, 1}, "country is 0 or 1")
        need((told[1] == 1) == (told[2] >= 1000), "a country needs a state, and a state a country")
        need(told[0] or told[1:] == [0, 0], "a place without LDU")
    return tuple((key, value) for key, value in zip(keys, values, strict=True) if value), told
