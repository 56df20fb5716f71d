"""Whom a stream has sent: told to those who pull withdrawals through, before it can be seen."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from activation.enforcement.membership.keys import keys_of_stranger, to_key
from activation.enforcement.membership.types import Member
from activation.enforcement.streaming.deciding import NEVER, Answer
from activation.enforcement.streaming.events import Person
from activation.snapshots.compact.times import from_micros
from consent.subjects.types import Identifier, IdentifierKind

MOST_TOLD = 200_000
"""People whom a process remembers to have told of; the oldest half is forgotten then, and told of again."""


class Keeper(Protocol):
    """Whoever keeps which destinations hold whom."""

    is_followed: bool
    """Whether withdrawals are pulled through by what is kept here. If not, nobody is told of."""

    def keep(self, members: Sequence[Member], *, world: str) -> Collection[str]:
        """Take note of people newly sent, durably, before this returns. What it raises stops the events.

        `world` tells the rules they were decided by. Return the references of those who are being taken out
        just now: of them it is told again each time.
        """
        ...

    def list_suppressed(self) -> Collection[str]:
        """Return whom others began to take out since this was asked last; strangers as an empty reference."""
        ...


class HeldByNobody:
    """Keeps no note: for streams that withdrawals are not pulled through to."""

    is_followed = False

    def keep(self, members: Sequence[Member], *, world: str) -> Collection[str]:  # noqa: ARG002 - nobody asks
        """Do nothing."""
        return ()

    def list_suppressed(self) -> Collection[str]:
        """Return nobody."""
        return ()


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
            told is not None and told.state == answer.state and told.lets_the_same_pass(answer)
        )

    def add(self, told: Mapping[Person, Answer]) -> None:
        """Remember people who were told of."""
        for person, answer in told.items():
            self._told[person] = answer
            for ref in answer.refs or ("",):
                self._people_of.setdefault(ref, set()).add(person)
        if len(self._told) > self._most:
            for person in list(self._told)[: len(self._told) - self._most // 2]:
                self._forget(person)

    def deny(self, person: Person) -> None:
        """Forget somebody who was denied."""
        if person in self._told:
            self._forget(person)

    def forget(self, refs: Iterable[str]) -> set[Person]:
        """Forget people who are taken out elsewhere, and return them: the next event tells of them again.

        Somebody whom nothing here leads to may have been a stranger when we told of them: then all strangers
        are forgotten.
        """
        strangers = self._people_of.get("", set())
        people = {person for ref in refs for person in self._people_of.get(ref, strangers)}
        for person in people:
            self._forget(person)
        return people

    def _forget(self, person: Person) -> None:
        answer = self._told.pop(person)
        for ref in answer.refs or ("",):
            people = self._people_of.get(ref, set())
            people.discard(person)
            if not people:
                self._people_of.pop(ref, None)


def members_of(
    answer: Answer,
    identifiers: Mapping[IdentifierKind, str],
    asked: Iterable[tuple[IdentifierKind, str]],
) -> list[Member]:
    """Return whom an allowed event is about: each subject that it leads to; else a stranger.

    `identifiers` are those that left, and `asked` those that it was decided by.
    """
    ends_at = None if answer.until == NEVER else from_micros(answer.until)
    told = {kind: (text,) for kind, text in identifiers.items()}
    if answer.refs:
        return [Member(ref=ref, identifiers=told, ends_at=ends_at) for ref in answer.refs]
    keys = tuple(map(to_key, keys_of_stranger(Identifier(*one) for one in asked)))
    return [Member(ref="", identifiers=told, ends_at=ends_at, keys=keys)]
