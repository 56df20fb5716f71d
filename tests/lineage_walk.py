"""The walk over every event that tests emit: none holds an identifier, a reference or a secret.

It stands in `conftest.py`, for every test of every process. An event is seen when its row is made, whether or
not the transaction is committed; those of other processes are read from a test's own database at its end. A
test whose events leak fails, with the place, whatever it asserts itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connections

from activation.enforcement.membership.types import Member
from consent.subjects.types import Identifier
from lineage.events.types import ENDINGS, EventType
from lineage.outbox.models import OutboxEvent
from tests.lineage_leaks import find_leaks

SECRETS = ("SECRET_KEY", "IDENTIFIER_KEYS", "TOMBSTONE_KEY", "SIGNING_KEY", "MASTER_KEYS", "KAFKA")
OWN_TESTS = ("test_lineage_outbox", "test_lineage_walk")
"""Tests of the outbox itself, which make rows that nothing else makes."""


@dataclass
class Walk:
    """What the test that runs has emitted, and what is known of people meanwhile."""

    events: list[Any] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Begin with a test."""
        self.events.clear()
        self.known.clear()
        self.known |= set(list_secrets())

    def note_identifier(self, identifier: Identifier) -> None:
        """Note what somebody is called."""
        self._know(identifier.value)

    def note_member(self, member: Member) -> None:
        """Note whom a destination holds."""
        self._know(member.ref)
        for values in member.identifiers.values():
            for value in values:
                self._know(value)

    def note_row(self, _row: OutboxEvent, **given: Any) -> None:
        """Note an event, if the row is a new one: one that is read is made without names."""
        if "payload" in given:
            self.events.append(given["payload"])

    def find(self) -> list[str]:
        """Return each place of the test's events that holds what none may."""
        return sorted({leak for event in self.events for leak in find_leaks(event, self.known)})

    def _know(self, value: object) -> None:
        if isinstance(value, str) and value:
            self.known.add(value.casefold())


WALK = Walk()


def list_secrets() -> Iterator[str]:
    """Yield what the settings keep secret, as texts and in hex."""
    for name in SECRETS:
        yield from _flatten(getattr(settings, name, None))


def _flatten(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in {"brokers", "security", "mechanism", "ca_file"}:
                yield from _flatten(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _flatten(inner)
    elif isinstance(value, bytes):
        yield value.hex()
    elif isinstance(value, str) and value:
        yield value.casefold()


def install() -> None:
    """Watch rows of the outbox, identifiers and members from now on."""
    _watch(OutboxEvent, WALK.note_row)
    _watch(Identifier, lambda made, *_, **__: WALK.note_identifier(made))
    _watch(Member, lambda made, *_, **__: WALK.note_member(made))


def _watch(kind: Any, note: Callable[..., None]) -> None:
    whole = kind.__init__

    def init(self: Any, *arguments: Any, **given: Any) -> None:
        whole(self, *arguments, **given)
        note(self, **given)

    kind.__init__ = init


def check(item: pytest.Item) -> list[str]:
    """Return what is wrong with the events of the test that has run."""
    faults = []
    is_shared = "committed_database" in getattr(item, "fixturenames", ())
    is_own = item.path.stem.startswith(OWN_TESTS)
    if (is_shared or WALK.events) and not is_own:
        with suppress(DatabaseFault, RuntimeError):  # its transaction is spoilt, or it may use no database
            rows = _read_beside() if is_shared else _read()
            WALK.events += [payload for _, _, payload in rows]
            faults = list(find_disorder((str(run_id), EventType(kind)) for run_id, kind, _ in rows))
    return [*WALK.find(), *faults]


def _read() -> list[tuple[UUID, str, Any]]:
    return list(OutboxEvent.objects.order_by("pk").values_list("run_id", "event_type", "payload"))


def _read_beside() -> list[tuple[UUID, str, Any]]:
    """Read in a thread of its own: a browser's driver may have a loop in this one, where Django reads not."""

    def read() -> list[tuple[UUID, str, Any]]:
        try:
            return _read()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as beside:
        return beside.submit(read).result()


def find_disorder(told: Iterator[tuple[str, EventType]]) -> Iterator[str]:
    """Yield each run that has not one START, first, and at most one ending, last."""
    runs: dict[str, list[EventType]] = defaultdict(list)
    for run_id, kind in told:
        runs[run_id].append(kind)
    for run_id, kinds in runs.items():
        is_begun = kinds[0] is EventType.START and kinds.count(EventType.START) == 1
        if not is_begun or ENDINGS.intersection(kinds[:-1]):
            yield f"run {run_id}: {', '.join(kinds)}"
