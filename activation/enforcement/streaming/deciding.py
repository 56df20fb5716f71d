"""Deciding events by the state as it is now: from the decision store or, where it cannot tell, PostgreSQL."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activation.decisions.reasons import Reason
from activation.decisions.types import Decision, Question
from activation.enforcement.streaming.asking import Asked
from activation.enforcement.streaming.events import Person, PersonReader
from activation.enforcement.streaming.readiness import Basis
from activation.enforcement.streaming.types import EventFault, NotReady
from activation.obligations.plan import Obligations
from activation.snapshots.compact.refs import unpack_ref
from activation.snapshots.compact.times import from_micros, to_micros
from activation.snapshots.lanes.lane import Found, Unsettled
from activation.snapshots.local import UNREADABLE_STORE
from activation.snapshots.resolving import Resolver
from activation.snapshots.store.reading import StoreReader
from consent.subjects.rules import MalformedIdentifier, read_digest
from consent.subjects.types import Identifier, IdentifierKind

MOST_KNOWN = 200_000
"""People whose identifiers, or answers, are remembered before they are begun anew: a bound on memory."""
MEMO_MICROSECONDS = 1_000_000
"""For how long an answer is repeated while nothing was recorded: what time alone changes shows after it."""
NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Answer:
    """What is decided of an event, and of whom."""

    allowed: bool
    reason: str
    policy_version: int
    watermark: int
    owed: Obligations = ()
    refs: tuple[str, ...] = ()
    """Whom the identifiers lead to; nobody on record, if empty."""
    until: int = NEVER
    """When it may change by itself, in microseconds since 1970."""
    state: Hashable = None
    """What tells the person's state as it was from any later one."""

    def lets_the_same_pass(self, other: "Answer") -> bool:
        """Return whether the other one says the same of the same people."""
        return (
            self.allowed == other.allowed
            and self.owed == other.owed
            and self.refs == other.refs
            and self.until == other.until
        )


class Ask(Protocol):
    """Asks the ledger itself."""

    def __call__(
        self, question: Question, people: Sequence[Sequence[Identifier]], *, at: datetime
    ) -> list[Asked]:
        """Return what is decided of each of `people`; :raises NotReady: if it cannot be asked."""
        ...


@dataclass(frozen=True, slots=True)
class _Named:
    """One identifier, and what stands for it in the store."""

    kind: IdentifierKind
    digest: bytes
    indexes: list[bytes]


class Decider:
    """Decides whom events are about. Not for several threads at once."""

    def __init__(self, *, question: Question, people: PersonReader, resolver: Resolver, ask: Ask) -> None:
        """Take the question, which names its controller, and how people are found."""
        self.question, self._people, self._resolver, self._ask = question, people, resolver, ask
        self._resolved: dict[Person, tuple[_Named, ...]] = {}
        self._answers: dict[Person, Answer] = {}
        self._holds: tuple[object, ...] = ()
        self._since = 0
        self.asked_elsewhere = 0
        """People whom PostgreSQL was asked about."""

    def fault(self, basis: Basis, fault: EventFault) -> Answer:
        """Return the denial of an event that asks about nobody."""
        return Answer(False, fault.value, basis.segment.policy.version, basis.watermark)

    def decide(self, basis: Basis, people: Sequence[Person]) -> list[Answer]:
        """Return the answer about each of `people`, in their order, all as of one moment.

        :raises NotReady: if there are some of whom nothing can be told now.
        """
        self._forget_unless(basis)
        answers, at = self._answers, basis.at
        unsettled: dict[Person, None] = {}
        for person in people:
            known = answers.get(person)
            if known is None or known.until <= at:
                try:
                    answers[person] = self._decide(basis, person)
                except Unsettled:
                    unsettled[person] = None
        if unsettled:
            self._ask_elsewhere(basis, list(unsettled))
        return [answers[person] for person in people]

    def _forget_unless(self, basis: Basis) -> None:
        """Begin anew if anything was recorded since, and once a second."""
        is_old = not self._since <= basis.at < self._since + MEMO_MICROSECONDS
        if is_old or basis.holds != self._holds or len(self._answers) >= MOST_KNOWN:
            self._answers.clear()
            self._holds, self._since = basis.holds, basis.at

    def _decide(self, basis: Basis, person: Person) -> Answer:
        named = self._resolved.get(person)
        if named is None:
            try:
                named = self._resolve(person)
            except MalformedIdentifier:
                return self.fault(basis, EventFault.MALFORMED_IDENTIFIER)
        try:
            return self._find(basis, basis.reader, named)
        except UNREADABLE_STORE as error:  # of this person: whether of others too, the next look tells
            raise Unsettled from error

    def _resolve(self, person: Person) -> tuple[_Named, ...]:
        found = []
        for kind, text in self._people.named(person):
            place, digest = read_digest(kind, text)
            found.append(_Named(place, digest, self._resolver.indexes(place, digest)))
        if len(self._resolved) >= MOST_KNOWN:
            self._resolved.clear()
        named = self._resolved[person] = tuple(found)
        return named

    def _find(self, basis: Basis, reader: StoreReader, named: Sequence[_Named]) -> Answer:
        refs: set[bytes] = set()
        for one in named:
            if (ref := _lead(reader, one)) is not None:
                refs.add(ref)
            elif reader.find_erased(one.kind, self._resolver.stone(one.kind, one.digest)):
                raise Unsettled
        if len(refs) > 1:
            raise Unsettled
        if not refs:
            return _to_answer(basis, basis.lane.nobody(basis.at), ())
        [ref] = refs
        if (state := reader.state(ref)) is None:
            raise Unsettled
        found = basis.lane.answer(ref, state, basis.at)
        return _to_answer(basis, found, (unpack_ref(ref),), state)

    def _ask_elsewhere(self, basis: Basis, people: list[Person]) -> None:
        """Let PostgreSQL answer. What it says of a policy that is not in force is no answer."""
        self.asked_elsewhere += len(people)
        sets = [[Identifier(*one) for one in self._people.named(person)] for person in people]
        found = self._ask(self.question, sets, at=from_micros(basis.at))
        for person, asked in zip(people, found, strict=True):
            if asked.decision.reason is Reason.POLICY_UNAVAILABLE:
                raise NotReady("no policy is in force: publish one")
            self._answers[person] = _from_ledger(asked)


def _lead(reader: StoreReader, one: _Named) -> bytes | None:
    for index in one.indexes:
        if (ref := reader.find(one.kind, index)) is not None:
            return ref
    return None


def _to_answer(basis: Basis, found: Found, refs: tuple[str, ...], state: bytes | None = None) -> Answer:
    outcome, times = found
    decision = outcome.decision
    until = outcome.valid_until(times)
    return Answer(
        allowed=decision.allowed,
        reason=decision.reason.value,
        policy_version=decision.policy_version,
        watermark=basis.watermark,
        owed=decision.obligations,
        refs=refs,
        until=NEVER if until is None else until,
        state=(basis.world, hash(state)),
    )


def _from_ledger(asked: Asked) -> Answer:
    decision: Decision = asked.decision
    return Answer(
        allowed=decision.allowed,
        reason=decision.reason.value,
        policy_version=decision.policy_version,
        watermark=decision.watermark,
        owed=decision.obligations,
        refs=asked.refs,
        until=NEVER if decision.valid_until is None else to_micros(decision.valid_until),
        state=(decision.policy_digest, decision.watermark),
    )
