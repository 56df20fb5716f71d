"""Delivers to Custom Audiences: `/{audience}/users` or `/{audience}/usersreplace`, in sessions of batches."""

import secrets as random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from activation.destinations.kinds.http_settings import (
    open_service,
    patience_of,
    refuse_other_hosts,
    require_secrets,
)
from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.meta_custom_audiences.answers import (
    AudienceStatus,
    Received,
    judge,
    read,
    tell,
)
from activation.destinations.kinds.meta_custom_audiences.people import (
    Keys,
    keys_of,
    options_of,
    options_schema,
    place_columns,
)
from activation.destinations.kinds.meta_custom_audiences.settings import CustomAudiencesSettings
from activation.destinations.kinds.platform_rows import (
    Row,
    audience_id,
    in_portions,
    read_rows,
    refuse_unplaced,
)
from activation.destinations.kinds.unlisted import Unlisted
from consent.network.client import Answer
from consent.network.errors import DeliveryRefused
from consent.network.patience import Asker, Question

_PLATFORM = "Meta"
_HOSTS = (".facebook.com",)
UNLISTED = (
    "Meta does not let the people of a Custom Audience be read (*Custom Audience Users*: reading cannot be"
    " done on this endpoint); it shows an approximate number only"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """What Meta is asked to do with people."""

    method: str
    edge: str
    schema: list[str]
    total: int
    reference: str
    """Stands in the receipt if nobody had to be told of."""


class CustomAudiencesConnector(Unlisted):
    """Custom Audiences of one token. An audience is a set of people: a repeat changes nothing."""

    unlisted = UNLISTED

    def __init__(self, settings: CustomAudiencesSettings, token: str, surroundings: Surroundings) -> None:
        self._settings = settings
        self._token = token
        self._surroundings = surroundings

    def check(self) -> None:
        """Return if the token is let in, and no audience is held back by Meta."""
        with self._asking() as asker:
            for audience in sorted(set(self._settings.audiences.values())):
                answer = self._ask(asker, "GET", f"{audience}?fields=id,operation_status")
                if read(answer, AudienceStatus).is_flagged:
                    raise DeliveryRefused(
                        "Meta holds an audience back (operation status 471): resolve that in Audience Manager"
                    )

    def prepare(self, delivery: Delivery) -> None:
        """Return if people can be matched, the limits of use are told, and every other column is left out."""
        audience_id(delivery.audience, self._settings.audiences, platform=_PLATFORM)
        keys = keys_of(delivery.identifiers, self._settings)
        placed = keys.columns | place_columns(delivery.schema, self._settings)
        refuse_unplaced(delivery.schema, placed, self._settings.left_out, platform=_PLATFORM)
        if self._settings.mode == "replace" and delivery.rows == 0:
            raise DeliveryRefused("Meta does not replace an audience by nobody: empty it there")

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Add everybody whom Meta could match, or let them take the place of those who are there."""
        self.prepare(delivery)
        keys = keys_of(delivery.identifiers, self._settings)
        rows = read_rows(delivery.batches, keys.columns | place_columns(delivery.schema, self._settings))
        errand = _Errand(
            method="POST",
            edge="usersreplace" if self._settings.mode == "replace" else "users",
            schema=[*keys.schema, *options_schema(self._settings)],
            total=delivery.rows,
            reference=delivery.run_id.hex,
        )
        people = (self._person(row, keys) for row in rows)
        return self._tell(errand, delivery.audience, people, progress)

    def remove(self, removal: Removal) -> Receipt:
        """Take these people out of the audience."""
        keys = keys_of(removal.identifiers, self._settings)
        rows = read_rows(removal.batches, keys.all_columns)
        people = (values for row in rows for values in keys.all_values_of(row))
        errand = _Errand(
            method="DELETE",
            edge="users",
            schema=keys.schema,
            total=sum(batch.num_rows for batch in removal.batches()),
            reference=removal.removal_id.hex,
        )
        return self._tell(errand, removal.audience, people, lambda _: None)

    def _person(self, row: Row, keys: Keys) -> list[Any] | None:
        values = keys.values_of(row)
        return None if values is None else [*values, *options_of(row, self._settings)]

    def _tell(
        self, errand: _Errand, audience: str, people: Iterable[list[Any] | None], progress: Progress
    ) -> Receipt:
        """Tell of people in one session. Its last batch says that it is the last, or Meta goes on waiting."""
        place = f"{audience_id(audience, self._settings.audiences, platform=_PLATFORM)}/{errand.edge}"
        session = random.randbits(62) + 1
        sent = taken = 0
        known = (person for person in people if person is not None)
        with self._asking() as asker:
            for number, (portion, is_last) in enumerate(
                in_portions(known, self._settings.people_a_request), 1
            ):
                if not portion:
                    break
                batch = {
                    "session_id": session,
                    "batch_seq": number,
                    "last_batch_flag": is_last,
                    "estimated_num_total": max(errand.total, sent + len(portion)),
                }
                body = {"session": batch, "payload": {"schema": errand.schema, "data": portion}}
                received: Received = read(self._ask(asker, errand.method, place, body), Received)
                sent, taken = sent + len(portion), taken + len(portion) - received.num_invalid_entries
                progress(sent)
        if errand.edge == "usersreplace" and not sent:
            raise DeliveryRefused("no row names anybody whom Meta could match: nobody was replaced")
        if errand.method == "DELETE" and taken < sent:
            raise DeliveryRefused(
                f"Meta did not take out {sent - taken} of {sent} people, whose keys it finds malformed: look"
                " for them there"
            )
        progress(errand.total)
        return Receipt(reference=str(session) if sent else errand.reference, rows=taken)

    def _ask(self, asker: Asker, method: str, place: str, body: object = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        target = f"/{self._settings.api_version}/{place}"
        content = b"" if body is None else msgspec.json.encode(body)
        return asker.ask(lambda: Question(method=method, target=target, headers=headers, content=content))

    @contextmanager
    def _asking(self) -> Iterator[Asker]:
        with open_service(self._settings.endpoint, self._settings, self._surroundings) as client:
            yield Asker(
                client=client, name="Meta", patience=patience_of(self._settings), judge=judge, tell=tell
            )


def open_connector(
    settings: CustomAudiencesSettings, secrets: Mapping[str, str], surroundings: Surroundings
) -> CustomAudiencesConnector:
    """Return the connector to those audiences.

    :raises DeliveryRefused: if the endpoint is not Meta's, or the token is missing.
    """
    refuse_other_hosts(settings.endpoint, "endpoint", _HOSTS, surroundings)
    require_secrets(secrets, "access_token")
    return CustomAudiencesConnector(settings, secrets["access_token"], surroundings)
