"""Delivers to Customer Match lists: `audienceMembers:ingest` and `audienceMembers:remove`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from activation.destinations.kinds.google_customer_match.members import (
    columns_to_match,
    consent_columns,
    consent_of,
    identify,
)
from activation.destinations.kinds.google_customer_match.settings import CustomerMatchSettings
from activation.destinations.kinds.google_customer_match.tokens import AccessTokens
from activation.destinations.kinds.http_settings import (
    open_service,
    patience_of,
    refuse_other_hosts,
    require_secrets,
)
from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.platform_rows import (
    Row,
    audience_id,
    in_portions,
    read_rows,
    refuse_unplaced,
)
from activation.destinations.kinds.unlisted import Unlisted
from consent.network.client import Answer
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.patience import Asker, Question, Verdict, judge_status

_PLATFORM = "Google Customer Match"
_HOSTS = (".googleapis.com",)
_INGEST = "/v1/audienceMembers:ingest"
_REMOVE = "/v1/audienceMembers:remove"
UNLISTED = (
    "Google takes members in and out (`audienceMembers.ingest`, `.remove`) and has no method that tells who"
    " is in a list; it shows a list's size only. What became of a request is told by its id in Google's"
    " diagnostics"
)
_REASON = re.compile(rb'"reason"\s*:\s*"([A-Z][A-Z0-9_]{2,79})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """What Google is asked to do with people."""

    audience: str
    target: str
    besides: dict[str, Any]
    """What the request says besides the people."""
    reference: str
    """Stands in the receipt if nobody had to be told of."""


class _Taken(msgspec.Struct):
    requestId: str  # noqa: N815 - Google's name


class CustomerMatchConnector(Unlisted):
    """One Google Ads account. A list is a set of people: a repeat changes nothing."""

    unlisted = UNLISTED

    def __init__(
        self, settings: CustomerMatchSettings, secrets: Mapping[str, str], surroundings: Surroundings
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._surroundings = surroundings

    def check(self) -> None:
        """Return if the credentials are taken and every list can be seen."""
        account = f"/v1/accountTypes/GOOGLE_ADS/accounts/{self._settings.account_id}"
        with self._asking() as (asker, tokens):
            for list_id in sorted(set(self._settings.audiences.values())):
                self._ask(asker, tokens, "GET", f"{account}/userLists/{list_id}")

    def prepare(self, delivery: Delivery) -> None:
        """Return if people can be matched, consent is told, and every other column is left out."""
        audience_id(delivery.audience, self._settings.audiences, platform=_PLATFORM)
        columns = columns_to_match(delivery.identifiers, self._settings)
        consent = consent_columns(self._settings)
        if missing := sorted(consent - set(delivery.schema.names)):
            raise DeliveryRefused(
                f"the audience has no column {missing[0]}: let the policy set it, or the setting of that name"
                " say what holds for everybody"
            )
        placed = {*columns.values(), *consent}
        refuse_unplaced(delivery.schema, placed, self._settings.left_out, platform=_PLATFORM)

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Add everybody to the list who can be matched and consented to it."""
        self.prepare(delivery)
        columns = columns_to_match(delivery.identifiers, self._settings)
        rows = read_rows(delivery.batches, {*columns.values(), *consent_columns(self._settings)})

        def member(row: Row) -> dict[str, Any] | None:
            known, consent = identify(row, columns), consent_of(row, self._settings)
            return known | {"consent": consent} if known and consent else None

        errand = _Errand(
            audience=delivery.audience,
            target=_INGEST,
            besides={"termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"}},
            reference=delivery.run_id.hex,
        )
        return self._tell(errand, (member(row) for row in rows), progress)

    def remove(self, removal: Removal) -> Receipt:
        """Take these people off the list."""
        columns = columns_to_match(removal.identifiers, self._settings)
        rows = read_rows(removal.batches, set(columns.values()))
        errand = _Errand(
            audience=removal.audience, target=_REMOVE, besides={}, reference=removal.removal_id.hex
        )
        return self._tell(errand, (identify(row, columns) for row in rows), lambda _: None)

    def _tell(
        self, errand: "_Errand", members: Iterable[dict[str, Any] | None], progress: Progress
    ) -> Receipt:
        reference = errand.reference
        list_id = audience_id(errand.audience, self._settings.audiences, platform=_PLATFORM)
        read = taken = 0
        with self._asking() as (asker, tokens):
            for portion, _ in in_portions(members, self._settings.people_a_request):
                people = [member for member in portion if member is not None]
                if people:
                    body = self._request(list_id, people) | errand.besides
                    reference = _read_taken(self._ask(asker, tokens, "POST", errand.target, body))
                read, taken = read + len(portion), taken + len(people)
                progress(read)
        return Receipt(reference=reference, rows=taken)

    def _request(self, list_id: str, people: list[dict[str, Any]]) -> dict[str, Any]:
        accounts = {"operatingAccount": _account(self._settings.account_id)}
        if self._settings.login_account_id:
            accounts["loginAccount"] = _account(self._settings.login_account_id)
        return {
            "destinations": [{**accounts, "productDestinationId": list_id}],
            "audienceMembers": people,
            "encoding": "HEX",
        }

    def _ask(
        self, asker: Asker, tokens: AccessTokens, method: str, target: str, body: object = None
    ) -> Answer:
        content = b"" if body is None else msgspec.json.encode(body)
        login = self._settings.login_account_id

        def make() -> Question:
            headers = {"Authorization": f"Bearer {tokens.get()}", "Content-Type": "application/json"}
            if login and method == "GET":
                headers["login-account"] = f"accountTypes/GOOGLE_ADS/accounts/{login}"
            return Question(method=method, target=target, headers=headers, content=content)

        return asker.ask(make)

    @contextmanager
    def _asking(self) -> Iterator[tuple[Asker, AccessTokens]]:
        patience = patience_of(self._settings)
        with (
            open_service(self._settings.token_endpoint, self._settings, self._surroundings) as tokens_at,
            open_service(self._settings.endpoint, self._settings, self._surroundings) as api,
        ):
            asker = Asker(client=tokens_at, name="Google's token service", patience=patience)
            tokens = AccessTokens(asker, self._secrets)
            judge = _Judge(tokens)
            yield Asker(client=api, name="Google", patience=patience, judge=judge, tell=_reason), tokens


class _Judge:
    """Judges by status; a token that is not taken is got anew, once in a row."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens
        self._is_renewed = False

    def __call__(self, answer: Answer) -> Verdict:
        if answer.status == 401 and not self._is_renewed:
            self._tokens.forget()
            self._is_renewed = True
            return Verdict.AGAIN
        self._is_renewed = False
        return judge_status(answer)


def open_connector(
    settings: CustomerMatchSettings, secrets: Mapping[str, str], surroundings: Surroundings
) -> CustomerMatchConnector:
    """Return the connector to that account.

    :raises DeliveryRefused: if an endpoint is not Google's, a credential is missing, or the terms are not
        accepted.
    """
    refuse_other_hosts(settings.endpoint, "endpoint", _HOSTS, surroundings)
    refuse_other_hosts(settings.token_endpoint, "token_endpoint", _HOSTS, surroundings)
    require_secrets(secrets, "client_id", "client_secret", "refresh_token")
    if not settings.terms_accepted:
        raise DeliveryRefused("terms_accepted: accept the Customer Match terms in Google Ads, then set it")
    return CustomerMatchConnector(settings, secrets, surroundings)


def _account(number: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": number}


def _reason(answer: Answer) -> str:
    """Return Google's own word for the error; its sentence may repeat what was sent."""
    found = _REASON.search(answer.content)
    return f" ({found[1].decode()})" if found else ""


def _read_taken(answer: Answer) -> str:
    try:
        return msgspec.json.decode(answer.content, type=_Taken).requestId[:200]
    except msgspec.DecodeError:
        raise DeliveryFailed("Google answered what cannot be read: deliver again") from None
