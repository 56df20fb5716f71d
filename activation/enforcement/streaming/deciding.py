"""Deciding events by the state as it is now: from the decision store or, where it cannot tell, PostgreSQL."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

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
"""For how long a denial is repeated while nothing was recorded: what time alone changes shows after it."""
NEVER = 1 << 62


class Answer(NamedTuple):
    """What is decided of an event, and of whom."""

    allowed: bool
    reason: str
    policy_version: int
    watermark: int
    owed: Obligations = ()
    refs: tuple[str, ...] = ()
    """Whom the identifiers lead to; nobody on record, if empty."""
    until: int = NEVER
    """Until when it is repeated while nothing is recorded: when it may change by itself, in microseconds."""
    state: Hashable = None
    """What tells the person's state as it was from any later one."""
    basis: str = ""
    """The legal basis it is allowed by."""

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
        self._found: dict[Person, tuple[bytes, bytes, Answer]] = {}
        """What the store last said of people who may: the reference, the state, and the answer to it."""
        self._holds: tuple[object, ...] = ()
        self._world: tuple[object, ...] = ()
        self._last_at = 0
        self.asked_elsewhere = 0
        """People whom PostgreSQL was asked about."""

    def fault(self, basis: Basis, fault: EventFault) -> Answer:
        """Return the denial of an event that asks about nobody."""
        return Answer(
            False,
            fault.value,
            basis.segment.policy.version,
            basis.watermark,
            until=basis.at + MEMO_MICROSECONDS,
        )

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
        """Begin anew if anything was recorded since."""
        if basis.holds != self._holds or len(self._answers) >= MOST_KNOWN or basis.at < self._last_at:
            self._answers.clear()
            self._holds = basis.holds
        if basis.world != self._world or len(self._found) >= MOST_KNOWN:
            self._found.clear()
            self._world = basis.world
        self._last_at = basis.at

    def _decide(self, basis: Basis, person: Person) -> Answer:
        named = self._resolved.get(person)
        if named is None:
            try:
                named = self._resolve(person)
            except MalformedIdentifier:
                return self.fault(basis, EventFault.MALFORMED_IDENTIFIER)
        try:
            return self._find(basis, basis.reader, person, named)
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

    def _find(self, basis: Basis, reader: StoreReader, person: Person, named: Sequence[_Named]) -> Answer:
        ref = self._find_ref(reader, named)
        if ref is None:
            return _to_answer(basis, basis.lane.nobody(basis.at), (), None)
        if (state := reader.state(ref)) is None:
            raise Unsettled
        known = self._found.get(person)
        if known is not None and known[0] == ref and known[1] == state and basis.at < known[2].until:
            return known[2]
        answer = _to_answer(basis, basis.lane.answer(ref, state, basis.at), (unpack_ref(ref),), state)
        if answer.allowed:
            self._found[person] = ref, state, answer
        return answer

    def _find_ref(self, reader: StoreReader, named: Sequence[_Named]) -> bytes | None:
        """Return the one subject that all identifiers lead to; None if they lead to nobody."""
        found: bytes | None = None
        for one in named:
            if (ref := _lead(reader, one)) is not None:
                if found is not None and ref != found:
                    raise Unsettled
                found = ref
            elif reader.find_erased(one.kind, self._resolver.stone(one.kind, one.digest)):
                raise Unsettled
        return found

    def _ask_elsewhere(self, basis: Basis, people: list[Person]) -> None:
        """Let PostgreSQL answer. What it says of a policy that is not in force is no answer."""
        self.asked_elsewhere += len(people)
        sets = [[Identifier(*one) for one in self._people.named(person)] for person in people]
        found = self._ask(self.question, sets, at=from_micros(basis.at))
        for person, asked in zip(people, found, strict=True):
            if asked.decision.reason is Reason.POLICY_UNAVAILABLE:
                raise NotReady("no policy is in force: publish one")
            self._answers[person] = _from_ledger(asked, basis.at)


def _lead(reader: StoreReader, one: _Named) -> bytes | None:
    for index in one.indexes:
        if (ref := reader.find(one.kind, index)) is not None:
            return ref
    return None


def _to_answer(basis: Basis, found: Found, refs: tuple[str, ...], state: bytes | None) -> Answer:
    outcome, times = found
    decision = outcome.decision
    until = outcome.valid_until(times) if decision.allowed else basis.at + MEMO_MICROSECONDS
    return Answer(
        decision.allowed,
        decision.reason.value,
        decision.policy_version,
        basis.watermark,
        decision.obligations,
        refs,
        NEVER if until is None else until,
        (basis.world, state),
        decision.legal_basis.value if decision.legal_basis else "",
    )


def _from_ledger(asked: Asked, at: int) -> Answer:
    """Return what PostgreSQL said: for a second, since what time alone changes must show."""
    decision: Decision = asked.decision
    until = NEVER if decision.valid_until is None else to_micros(decision.valid_until)
    return Answer(
        allowed=decision.allowed,
        reason=decision.reason.value,
        policy_version=decision.policy_version,
        watermark=decision.watermark,
        owed=decision.obligations,
        refs=asked.refs,
        until=until if decision.allowed else at + MEMO_MICROSECONDS,
        state=(decision.policy_digest, decision.watermark),
        basis=decision.legal_basis.value if decision.legal_basis else "",
    )
