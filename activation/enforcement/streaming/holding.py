"""Telling those who pull withdrawals through whom a stream has sent: before it can be seen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from activation.enforcement.membership.types import Member
from activation.enforcement.streaming.deciding import NEVER, Answer
from activation.enforcement.streaming.events import Person
from activation.snapshots.compact.times import from_micros
from consent.subjects.types import IdentifierKind

MOST_TOLD = 200_000
"""People whom a process remembers to have told of; the oldest half is forgotten then, and told of again."""


class Held(Protocol):
    """Whoever keeps which destinations hold whom."""

    def __call__(self, members: Sequence[Member]) -> None:
        """Take note of people newly sent, durably, before this returns. What it raises stops the events."""
        ...


def held_by_nobody(members: Sequence[Member]) -> None:
    """Keep no note: for destinations that withdrawals are not pulled through to."""


class ToldPeople:
    """Whom this process has told of, as they were then.

    Whoever changed since, or is decided by other policies, is told of again: a withdrawal that was pulled
    through in between has made others forget them.
    """

    def __init__(self, most: int = MOST_TOLD) -> None:
        """Remember `most` people."""
        self._most = most
        self._told: dict[Person, Answer] = {}
        self._people_of: dict[str, set[Person]] = {}

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._told)

    def is_told(self, person: Person, answer: Answer) -> bool:
        """Return whether nothing new would be told of them."""
        told = self._told.get(person)
        return told is answer or (
            told is not None
            and told.state == answer.state
            and told.owed == answer.owed
            and told.refs == answer.refs
            and told.until == answer.until
        )

    def add(self, told: Mapping[Person, Answer]) -> None:
        """Remember people who were told of."""
        for person, answer in told.items():
            self._told[person] = answer
            for ref in answer.refs:
                self._people_of.setdefault(ref, set()).add(person)
        if len(self._told) > self._most:
            for person in list(self._told)[: len(self._told) - self._most // 2]:
                self._forget(person)

    def deny(self, person: Person) -> None:
        """Forget somebody who was denied."""
        if person in self._told:
            self._forget(person)

    def forget(self, refs: Iterable[str]) -> None:
        """Forget people who were denied or suppressed elsewhere: the next event tells of them again."""
        for ref in refs:
            for person in list(self._people_of.get(ref, ())):
                self._forget(person)

    def _forget(self, person: Person) -> None:
        answer = self._told.pop(person)
        for ref in answer.refs:
            people = self._people_of.get(ref, set())
            people.discard(person)
            if not people:
                self._people_of.pop(ref, None)


def members_of(answer: Answer, identifiers: Mapping[IdentifierKind, str]) -> list[Member]:
    """Return whom an allowed event is about: each subject that its identifiers lead to."""
    ends_at = None if answer.until == NEVER else from_micros(answer.until)
    told = {kind: (text,) for kind, text in identifiers.items()}
    return [Member(ref=ref, identifiers=told, ends_at=ends_at) for ref in answer.refs or ("",)]
