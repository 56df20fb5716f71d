"""The paths by which this installation decides, each asked about the canaries by itself.

A new path is a line in `PATHS`. The self-test asks each of them everything.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from activation.decisions.engine import decide
from activation.enforcement.canaries.bulk_path import ask_in_bulk
from activation.enforcement.canaries.inquiries import (
    DecisionPath,
    Inquiry,
    PathUnavailable,
    Person,
    lift_suspensions,
)
from activation.snapshots.compact.times import to_micros
from activation.snapshots.lanes.lane import Lane, Unsettled
from activation.snapshots.local import LocalStore
from activation.snapshots.queries import open_snapshot
from activation.snapshots.resolving import Resolver
from consent.subjects.queries import fingerprint
from consent.subjects.rules import digest_of
from consent.subjects.types import Identifier


def ask_by_row(inquiries: Sequence[Inquiry], at: datetime) -> list[list[bool]]:
    """Answer as the service itself does from PostgreSQL, as if no destination were suspended.

    So it can be told before a destination is resumed whether it may be.
    """
    with open_snapshot(at=at) as snapshot:
        register = lift_suspensions(snapshot.register)
        people = dict.fromkeys(person for inquiry in inquiries for person in inquiry.people)
        states = dict(zip(people, snapshot.load_states(list(people)), strict=True))
        return [
            [
                decide(snapshot.policy, register, states[person], inquiry.question, at).allowed
                for person in inquiry.people
            ]
            for inquiry in inquiries
        ]


def open_own_store() -> LocalStore:
    """Return this machine's decision store, opened to read."""
    return LocalStore(
        settings.SNAPSHOTS,
        resolver=Resolver.from_masters(settings.IDENTIFIER_KEYS, settings.TOMBSTONE_KEY),
        monotonic=time.monotonic_ns,
        identity=fingerprint(),
    )


def ask_store(
    inquiries: Sequence[Inquiry], at: datetime, open_store: Callable[[], LocalStore] = open_own_store
) -> list[list[bool]]:
    """Answer as the check server does from this machine's decision store, by each identifier alone.

    :raises PathUnavailable: if there is no store here, or it may lack a canary's no.
    """
    store = open_store()
    try:
        store.renew(time.monotonic_ns())
        _check_complete(store, inquiries, at)
        segment = store.segment(to_micros(at))
        return [
            [_is_allowed(store, segment.lane(inquiry.question), person, at) for person in inquiry.people]
            for inquiry in inquiries
        ]
    except Unsettled as error:
        raise PathUnavailable("this machine's decision store holds no policy") from error
    finally:
        store.close()


def _check_complete(store: LocalStore, inquiries: Sequence[Inquiry], at: datetime) -> None:
    age = store.age(time.monotonic_ns())
    if age is None:
        raise PathUnavailable("there is no decision store on this machine")
    complete_at = at - timedelta(microseconds=age / 1000)
    if any(inquiry.known_since > complete_at for inquiry in inquiries):
        raise PathUnavailable("this machine's decision store does not hold the canaries yet")


def _is_allowed(store: LocalStore, lane: Lane, person: Person, at: datetime) -> bool:
    return any(_is_found_allowed(store, lane, identifier, at) for identifier in person)


def _is_found_allowed(store: LocalStore, lane: Lane, identifier: Identifier, at: datetime) -> bool:
    kind, digest = digest_of(identifier)
    try:
        outcome, _ = store.decide(lane, kind, digest, store.resolver.indexes(kind, digest), to_micros(at))
    except Unsettled:
        return False  # the server leaves such a question to PostgreSQL, which is asked by row
    return outcome.decision.allowed


PATHS: tuple[DecisionPath, ...] = (
    DecisionPath("row", ask_by_row),
    DecisionPath("store", ask_store),
    DecisionPath("bulk", ask_in_bulk),
)
"""Every path that the self-test asks."""
