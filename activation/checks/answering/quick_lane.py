"""Answers from the store: the usual request in a few microseconds, others that it can answer, in more."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil

from activation.checks import wire
from activation.checks.answering import quick
from activation.checks.answering.awaiting import WriteAwaited
from activation.checks.answering.decision_log import DecisionLog, Entry
from activation.checks.answering.denials import CHECKS, EVALUATION
from activation.checks.answering.rendering import rendered, write_checks
from activation.checks.limits import WINDOW, Meter, Spent
from activation.checks.types import Caller, Scope
from activation.checks.wire.parts import LONGEST_ID, SUBJECT_TYPES
from activation.decisions.types import Decision, Question
from activation.snapshots.freshness import SECOND
from activation.snapshots.lanes.lane import Lane, Unsettled
from activation.snapshots.lanes.world import Segment
from activation.snapshots.local import UNREADABLE_STORE, LocalStore
from consent.kernel.errors import AccordantError
from consent.records.services import read_token
from consent.subjects.rules import read_digest
from consent.subjects.types import Identifier, IdentifierKind

logger = logging.getLogger(__name__)

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b%b\r\n%b"
_MOST_LANES = 4_000


class _Left(Exception):
    """The reference is to answer: it says what is wrong, or knows what the store does not."""


@dataclass(slots=True)
class _Lanes:
    """The lanes of usual questions, while the policy and the register stay as they are."""

    segment: Segment
    lanes: dict[quick.Asked, Lane]


class QuickLane:
    """Answers what the store can answer. Everything here takes place in one thread, and waits for nothing."""

    def __init__(self, *, store: LocalStore, meter: Meter, log: DecisionLog) -> None:
        """Count in `meter` what callers ask."""
        self._store, self._meter, self.log = store, meter, log
        self._kept: _Lanes | None = None

    def start(self) -> None:
        """Begin to write the log."""
        self.log.start()

    def stop(self) -> None:
        """Write what is left of the log."""
        self.log.stop()

    def answer(
        self, path: bytes, body: bytes, caller: Caller, echo: bytes, *, at: int, now: int
    ) -> bytes | None:
        """Return a whole response; None if the reference is to answer.

        `at` is the time in microseconds since 1970, `now` the monotonic one in nanoseconds.

        :raises WriteAwaited: if the store lacks nothing but the write that the caller names.
        """
        try:
            if path == EVALUATION:
                return self._evaluate(body, caller, echo, at, now)
            if path == CHECKS:
                return self._check(body, caller, echo, at, now)
            return self._evaluate_many(body, caller, echo, at, now)
        except (_Left, Unsettled, AccordantError):
            return None
        except UNREADABLE_STORE:
            logger.exception("a question could not be answered from the store; the reference answers it")
            self._store.close()
            return None

    def _evaluate(self, body: bytes, caller: Caller, echo: bytes, at: int, now: int) -> bytes:
        read = quick.read_evaluation(body)
        if read is None:
            return self._evaluate_unusual(body, caller, echo, at, now)
        asked, subject_type, value = read
        store, lane = self._store, self._lane(asked, at)
        kind, digest = _place(subject_type, value)
        indexes = store.resolver.indexes(kind, digest)
        limits = self._count(caller, indexes, now)
        outcome, times = store.decide(lane, kind, digest, indexes, at)
        one, explains = outcome.memo or rendered(outcome), Scope.EXPLAIN in caller.scopes
        until = outcome.valid_until(times) if one.shows_until[explains] else None
        text = one.evaluation(until, store.watermark, explains=explains)
        self.log.add(Entry(at, caller.name, store.watermark, (outcome.decision,)))
        return _OK % (len(text), limits, echo, text)

    def _check(self, body: bytes, caller: Caller, echo: bytes, at: int, now: int) -> bytes:
        read = quick.read_checks(body)
        if read is None:
            return self._check_unusual(body, caller, echo, at, now)
        asked, subjects = read
        lane = self._lane(asked, at)
        places = [_place(subject_type, value) for subject_type, value in subjects]
        return self._write_checks(lane, places, caller, echo, at, now)

    def _write_checks(
        self,
        lane: Lane,
        places: Sequence[tuple[IdentifierKind, bytes]],
        caller: Caller,
        echo: bytes,
        at: int,
        now: int,
    ) -> bytes:
        make, decide = self._store.resolver.indexes, self._store.decide
        resolved = [(kind, digest, make(kind, digest)) for kind, digest in places]
        limits = self._count(caller, [indexes[0] for _, _, indexes in resolved], now, cost=len(resolved))
        found = [decide(lane, kind, digest, indexes, at) for kind, digest, indexes in resolved]
        watermark, explains = self._store.watermark, Scope.EXPLAIN in caller.scopes
        text = write_checks(found, watermark=watermark, explains=explains)
        self.log.add(Entry(at, caller.name, watermark, [one[0].decision for one in found]))
        return _OK % (len(text), limits, echo, text)

    def _lane(self, asked: quick.Asked, at: int) -> Lane:
        """Return the lane of a usual question."""
        segment, kept = self._store.segment(at), self._kept
        if kept is None or kept.segment is not segment or len(kept.lanes) > _MOST_LANES:
            kept = self._kept = _Lanes(segment, {})
        lane = kept.lanes.get(asked)
        if lane is None:
            if not quick.is_usual(asked):
                raise _Left
            purpose, destination, controller, resource_type = asked
            question = Question(purpose=purpose, destination=destination, controller=controller)
            lane = kept.lanes[asked] = self._open(question, resource_type, segment)
        return lane

    def _open(self, question: Question, resource_type: str | None, segment: Segment) -> Lane:
        register = wire.register_for(segment.register, question.destination, resource_type)
        if register is not segment.register:
            raise _Left
        return segment.lane(_name_controller(question, segment))

    def _count(self, caller: Caller, indexes: Sequence[bytes], now: int, cost: int = 1) -> bytes:
        """Count the questions and whom they are about; return the lines that tell what is left.

        `indexes` begins with what stands for each person under the newest key, `cost` of them.

        :raises _Left: if the caller may not ask: the reference says so.
        """
        meter, limits = self._meter, caller.limits
        meter.use(caller.key_id)
        if limits.identifiers_per_day is None and limits.questions_per_minute is None:
            return b""
        meter.watch(caller.client_id, limits)
        for index in indexes[:cost]:
            meter.note(caller.client_id, index)
        if meter.is_budget_spent(caller.client_id):
            raise _Left
        spent = meter.spend(caller.client_id, cost, now / SECOND)
        if not spent.is_allowed:
            raise _Left
        return b"" if spent.limit is None else _limit_lines(spent)

    def _evaluate_unusual(self, body: bytes, caller: Caller, echo: bytes, at: int, now: int) -> bytes:
        asked = wire.read_evaluation(body)
        return self._write([asked], caller, echo, at, now, lambda answers: answers[0])

    def _evaluate_many(self, body: bytes, caller: Caller, echo: bytes, at: int, now: int) -> bytes:
        many = wire.read_evaluations(body)
        items = [item for item in many.items if isinstance(item, wire.Asked)]
        if many.is_single or len(items) < len(many.items) or many.semantic is not wire.Semantic.EXECUTE_ALL:
            raise _Left
        return self._write(items, caller, echo, at, now, wire.answer_evaluations)

    def _check_unusual(self, body: bytes, caller: Caller, echo: bytes, at: int, now: int) -> bytes:
        batch = wire.read_checks(body)
        identifiers = [one for one in batch.subjects if isinstance(one, Identifier)]
        if batch.explain or batch.shadow or len(identifiers) < len(batch.subjects):
            raise _Left
        question = self._about_now(batch.question, now)
        lane = self._open(question, None, self._store.segment(at))
        places = [read_digest(identifier.kind, identifier.value) for identifier in identifiers]
        self._look_for(batch.token, places)
        return self._write_checks(lane, places, caller, echo, at, now)

    def _write(
        self,
        asked: Sequence[wire.Asked],
        caller: Caller,
        echo: bytes,
        at: int,
        now: int,
        join: Callable[[list[wire.Data]], wire.Data],
    ) -> bytes:
        """Return the response to questions that the store can answer, each from its own lane."""
        places = [_read_place(one) for one in asked]
        for one, place in zip(asked, places, strict=True):
            self._look_for(one.token, [place])
        segment, resolver = self._store.segment(at), self._store.resolver
        lanes = [self._open(self._about_now(one.question, now), one.resource_type, segment) for one in asked]
        resolved = [(kind, digest, resolver.indexes(kind, digest)) for kind, digest in places]
        limits = self._count(caller, [indexes[0] for _, _, indexes in resolved], now, cost=len(resolved))
        decisions = [
            self._decide(lane, kind, digest, indexes, at)
            for lane, (kind, digest, indexes) in zip(lanes, resolved, strict=True)
        ]
        answers = [
            wire.answer_evaluation(wire.Checked(decision=decision), scopes=caller.scopes)
            for decision in decisions
        ]
        text = wire.write_answer(join(answers))
        self.log.add(Entry(at, caller.name, self._store.watermark, decisions))
        return _OK % (len(text), limits, echo, text)

    def _look_for(self, token: str | None, places: Sequence[tuple[IdentifierKind, bytes]]) -> None:
        """Pass if the store has the write that `token` stands for in the state of each person.

        :raises WriteAwaited: if it has it in none; :raises _Left: if in some.
        :raises MalformedToken: if no write of ours answered with it.
        """
        if not token:
            return
        write, resolver = read_token(token), self._store.resolver
        found = [
            self._store.has_write(kind, resolver.indexes(kind, digest), write) for kind, digest in places
        ]
        if not any(found):
            raise WriteAwaited
        if not all(found):
            raise _Left

    def _about_now(self, question: Question, now: int) -> Question:
        """Return the question without the staleness that the store keeps within.

        :raises _Left: if it is about another time, or asks for more freshness than the store has.
        """
        if question.as_of is not None or question.known_at is not None:
            raise _Left
        if question.max_staleness is None:
            return question
        if timedelta(microseconds=(now - self._store.held_since) / 1000) > question.max_staleness:
            raise _Left
        return replace(question, max_staleness=None)

    def _decide(
        self, lane: Lane, kind: IdentifierKind, digest: bytes, indexes: list[bytes], at: int
    ) -> Decision:
        outcome, times = self._store.decide(lane, kind, digest, indexes, at)
        return outcome.to_decision(times, watermark=int(self._store.watermark))


def _place(subject_type: str, value: str) -> tuple[IdentifierKind, bytes]:
    """Return where an identifier is kept, as its type and value were sent.

    :raises _Left: if the type is none; :raises MalformedIdentifier: if the value is none of its kind.
    """
    kind = SUBJECT_TYPES.get(subject_type)
    if kind is None or not 1 <= len(value) <= LONGEST_ID:
        raise _Left
    return read_digest(kind, value)


def _read_place(asked: wire.Asked) -> tuple[IdentifierKind, bytes]:
    if asked.explain or asked.shadow or not isinstance(asked.identifier, Identifier):
        raise _Left
    return read_digest(asked.identifier.kind, asked.identifier.value)


def _name_controller(question: Question, segment: Segment) -> Question:
    """Return the question with the policy's only controller, if it names none.

    :raises _Left: if the policy has several: the reference says which.
    """
    if question.controller:
        return question
    slugs = list(segment.policy.establishments)
    if len(slugs) > 1:
        raise _Left
    return replace(question, controller=slugs[0] if slugs else "")


def _limit_lines(spent: Spent) -> bytes:
    """Return the headers of `limits.headers_of`."""
    reset = ceil(spent.reset)
    line = b'RateLimit-Policy: "questions";q=%d;w=%d\r\nRateLimit: "questions";r=%d;t=%d\r\n'
    return line % (spent.limit or 0, WINDOW, spent.remaining, reset)
