"""Delivers to a Braze workspace: attributes in `/users/track`, groups in `/v2/subscription/status/set`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from activation.destinations.kinds.braze.people import (
    attributes_of,
    find_person,
    identifier_columns,
    refuse_bad_names,
)
from activation.destinations.kinds.braze.settings import (
    MOST_ATTRIBUTES,
    MOST_SUBSCRIPTIONS,
    BrazeSettings,
)
from activation.destinations.kinds.http_settings import (
    open_service,
    patience_of,
    refuse_other_hosts,
    require_secrets,
)
from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.platform_rows import Row, in_portions, read_rows, refuse_unplaced
from activation.destinations.kinds.unlisted import Unlisted
from consent.network.client import Answer
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.patience import Asker, Question, Verdict, judge_status

_HOSTS = (".braze.com", ".braze.eu")
_TRACK = "/users/track"
_SUBSCRIBE = "/v2/subscription/status/set"
UNLISTED = (
    "Braze exports people by a segment only, which somebody must have made for each audience, into files that"
    " it writes later, at an address or in a bucket of yours; who has an attribute or is in a group cannot be"
    " asked at once. Look at the segment in Braze"
)


class _Problem(msgspec.Struct):
    """What Braze says of one object that it did not take."""

    index: int | None = None


class _Answer(msgspec.Struct):
    message: str = ""
    errors: list[_Problem | str] = []


class BrazeConnector(Unlisted):
    """One workspace. A person is written the same way each time: a repeat changes nothing."""

    unlisted = UNLISTED

    def __init__(self, settings: BrazeSettings, api_key: str, surroundings: Surroundings) -> None:
        self._settings = settings
        self._key = api_key
        self._surroundings = surroundings

    def check(self) -> None:
        """Return if the key is let in: a request that names nobody is refused for that, not for the key."""
        with self._asking(_judge_empty) as asker:
            self._post(asker, _TRACK, {"attributes": []})

    def prepare(self, delivery: Delivery) -> None:
        """Return if people can be found, and each column has an attribute or is left out."""
        column = identifier_columns(delivery.identifiers, self._settings)[0]
        placed = {column, *self._settings.attributes}
        refuse_unplaced(delivery.schema, placed, self._settings.left_out, platform="Braze")

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Give everybody the audience's attribute or subscribe them to its group; write what else is sent."""
        self.prepare(delivery)
        column = identifier_columns(delivery.identifiers, self._settings)[0]
        rows = read_rows(delivery.batches, {column, *self._settings.attributes})
        people = (find_person(row, column, self._settings) for row in rows)
        taken, _ = self._tell(delivery.audience, people, is_member=True, progress=progress)
        return Receipt(reference=delivery.run_id.hex, rows=taken)

    def remove(self, removal: Removal) -> Receipt:
        """Take the audience's attribute away from these people, or unsubscribe them from its group."""
        columns = identifier_columns(removal.identifiers, self._settings)
        rows = read_rows(removal.batches, columns)
        people = (find_person(row, column, self._settings) for row in rows for column in columns)
        taken, told = self._tell(removal.audience, people, is_member=False, progress=lambda _: None)
        if taken < told:
            raise DeliveryRefused(
                f"Braze did not take out {told - taken} of {told} people: look for them there"
            )
        return Receipt(reference=removal.removal_id.hex, rows=taken)

    def _tell(
        self, audience: str, people: Iterable[tuple[str, Row] | None], *, is_member: bool, progress: Progress
    ) -> tuple[int, int]:
        """Tell Braze of people; return how many it took, and how many it was told of."""
        group = self._settings.subscription_groups.get(audience)
        size = min(self._settings.people_a_request, MOST_SUBSCRIPTIONS if group else MOST_ATTRIBUTES)
        taken = told = read = 0
        with self._asking() as asker:
            for portion, _ in in_portions(people, size):
                known = [person for person in portion if person is not None]
                if known:
                    taken += self._tell_portion(asker, audience, group, known, is_member=is_member)
                read, told = read + len(portion), told + len(known)
                progress(read)
        return taken, told

    def _tell_portion(
        self,
        asker: Asker,
        audience: str,
        group: str | None,
        people: list[tuple[str, Row]],
        *,
        is_member: bool,
    ) -> int:
        """Tell Braze of some people, and return how many it took."""
        marked: dict[str, Any] = (
            {} if group else {self._settings.attribute_prefix + audience: True if is_member else None}
        )
        taken = len(people)
        if marked or (is_member and self._settings.attributes):
            objects = [self._object(who, row, marked, is_member=is_member) for who, row in people]
            taken = _count_taken(self._post(asker, _TRACK, {"attributes": objects}), len(objects))
        if group:
            names = list(dict.fromkeys(who for who, _ in people))
            self._post(asker, _SUBSCRIBE, self._subscription(group, names, is_member=is_member))
        return taken

    def _object(self, who: str, row: Row, marked: dict[str, Any], *, is_member: bool) -> dict[str, Any]:
        if is_member:
            return attributes_of(who, row, self._settings) | marked
        return {self._settings.identify_by: who, "_update_existing_only": True, **marked}

    def _subscription(self, group: str, names: list[str], *, is_member: bool) -> dict[str, Any]:
        field = "external_ids" if self._settings.identify_by == "external_id" else "emails"
        state = "subscribed" if is_member else "unsubscribed"
        return {
            "subscription_groups": [
                {"subscription_group_id": group, "subscription_state": state, field: names}
            ]
        }

    def _post(self, asker: Asker, target: str, body: Mapping[str, Any]) -> Answer:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        content = msgspec.json.encode(body)
        return asker.ask(lambda: Question(method="POST", target=target, headers=headers, content=content))

    @contextmanager
    def _asking(self, judge: Callable[[Answer], Verdict] = judge_status) -> Iterator[Asker]:
        with open_service(self._settings.endpoint, self._settings, self._surroundings) as client:
            yield Asker(client=client, name="Braze", patience=patience_of(self._settings), judge=judge)


def open_connector(
    settings: BrazeSettings, secrets: Mapping[str, str], surroundings: Surroundings
) -> BrazeConnector:
    """Return the connector to that workspace.

    :raises DeliveryRefused: if the endpoint is not Braze's, the key is missing, or a name makes no sense.
    """
    refuse_other_hosts(settings.endpoint, "endpoint", _HOSTS, surroundings)
    require_secrets(secrets, "api_key")
    refuse_bad_names(settings)
    return BrazeConnector(settings, secrets["api_key"], surroundings)


def _judge_empty(answer: Answer) -> Verdict:
    return Verdict.TAKEN if answer.status == 400 else judge_status(answer)


def _count_taken(answer: Answer, sent: int) -> int:
    """Return how many objects were taken: an answer of 201 may still name some that were not.

    :raises DeliveryFailed: if the answer cannot be read: what was taken is not known then.
    """
    try:
        told = msgspec.json.decode(answer.content, type=_Answer)
    except msgspec.DecodeError:
        raise DeliveryFailed("Braze answered what cannot be read: deliver again") from None
    refused = {problem.index for problem in told.errors if isinstance(problem, _Problem)}
    return sent - len(refused - {None})
