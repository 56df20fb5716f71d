"""Asking PostgreSQL about those whom the decision store cannot settle: all of a batch in one view."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import close_old_connections

from activation.decisions.engine import decide
from activation.decisions.types import Decision, Question, SubjectState
from activation.enforcement.streaming.types import NotReady
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.keys.types import KeysUnavailable
from consent.subjects.queries import SubjectStateUnreadable
from consent.subjects.types import Identifier

AT_ONCE = 1_000
"""People read by one set of statements."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What PostgreSQL says of one person."""

    decision: Decision
    refs: tuple[str, ...]


def ask_ledger(question: Question, people: Sequence[Sequence[Identifier]], *, at: datetime) -> list[Asked]:
    """Return what is decided of each of `people` by what is recorded now.

    :raises NotReady: if PostgreSQL does not answer.
    """
    close_old_connections()
    try:
        with open_snapshot(at=at) as snapshot:
            states = [
                state
                for start in range(0, len(people), AT_ONCE)
                for state in _load(snapshot, people[start : start + AT_ONCE])
            ]
    except DatabaseError as error:
        raise NotReady(
            "some people can be decided by PostgreSQL alone, and it does not answer: see whether it is up"
        ) from error
    return [
        Asked(
            decide(snapshot.policy, snapshot.register, state, question, at),
            tuple(sorted(state.asked)),
        )
        for state in states
    ]


def _load(snapshot: Snapshot, people: Sequence[Sequence[Identifier]]) -> list[SubjectState]:
    """Return the states; of whom none can be read whole, one that says so, which denies."""
    try:
        return snapshot.load_states(people)
    except SubjectStateUnreadable as error:
        if isinstance(error.__cause__, KeysUnavailable):
            raise NotReady("the database of data keys does not answer: see whether it is up") from error
        if len(people) == 1:
            return [SubjectState(available=False, watermark=snapshot.watermark)]
        middle = len(people) // 2
        return _load(snapshot, people[:middle]) + _load(snapshot, people[middle:])
