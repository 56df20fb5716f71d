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
from activation.decisions.types import Decision, Question
from activation.snapshots.freshness import SECOND
from activation.snapshots.lanes.lane import Lane, Unsettled
from activation.snapshots.lanes.world import Segment
from activation.snapshots.local import UNREADABLE_STORE, LocalStore
from consent.kernel.errors import AccordantError
from consent.records.services import read_token
from consent.subjects.rules import digest_of, normalise
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
        self._store, self._meter, self._log = store, meter, log
        self._kept: _Lanes | None = None

    def start(self) -> None:
        """Begin to write the log."""
        self._log.start()

    def stop(self) -> None:
        """Write what is left of the log."""
        self._log.stop()

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
        asked, kind, value = read
        lane = self._lane(asked, at)
        place, digest = digest_of(normalise(Identifier(kind, value)))
        indexes = self._store.resolver.indexes(place, digest)
        limits = self._count(caller, indexes[:1], now)
        outcome, times = self._store.decide(lane, place, digest, indexes, at)
        until = outcome.valid_until(times)
        one = outcome.memo or rendered(outcome)
        explains = Scope.EXPLAIN in caller.scopes
        text = one.evaluation(until, self._store.watermark, explains=explains)
        self._log.add(Entry(at, caller.name, self._store.watermark, (outcome.decision,)))
        return _OK % (len(text), limits, echo, text)

    def _check(self, body: bytes, caller: Caller, echo: bytes, at: int, now: int) -> bytes:
        read = quick.read_checks(body)
        if read is None:
            return self._check_unusual(body, caller, echo, at, now)
        asked, identifiers = read
        lane = self._lane(asked, at)
        return self._write_checks(lane, identifiers, caller, echo, at, now)

    def _write_checks(
        self, lane: Lane, identifiers: Sequence[Identifier], caller: Caller, echo: bytes, at: int, now: int
    ) -> bytes:
        resolver = self._store.resolver
        places = [digest_of(normalise(identifier)) for identifier in identifiers]
        resolved = [(kind, digest, resolver.indexes(kind, digest)) for kind, digest in places]
        limits = self._count(caller, [indexes[0] for _, _, indexes in resolved], now)
        decide = self._store.decide
        found = [decide(lane, kind, digest, indexes, at) for kind, digest, indexes in resolved]
        watermark, explains = self._store.watermark, Scope.EXPLAIN in caller.scopes
        text = write_checks(found, watermark=watermark, explains=explains)
        self._log.add(Entry(at, caller.name, watermark, [one[0].decision for one in found]))
        return _OK % (len(text), limits, echo, text)

    def _lane(self, asked: quick.Asked, at: int) -> Lane:
        """Return the lane of a usual question."""
        segment, kept = self._store.segment(at), self._kept
        if kept is None or kept.segment is not segment or len(kept.lanes) > _MOST_LANES:
            kept = self._kept = _Lanes(segment, {})
        lane = kept.lanes.get(asked)
        if lane is None:
            question = Question(
                purpose=asked.purpose, destination=asked.destination, controller=asked.controller
            )
            lane = kept.lanes[asked] = self._open(question, asked.resource_type, segment)
        return lane

    def _open(self, question: Question, resource_type: str | None, segment: Segment) -> Lane:
        register = wire.register_for(segment.register, question.destination, resource_type)
        if register is not segment.register:
            raise _Left
        return segment.lane(_name_controller(question, segment))

    def _count(self, caller: Caller, indexes: Sequence[bytes], now: int) -> bytes:
        """Count the questions and whom they are about; return the lines that tell what is left.

        :raises _Left: if the caller may not ask: the reference says so.
        """
        meter, client = self._meter, caller.client_id
        meter.watch(client, caller.limits)
        if caller.limits.identifiers_per_day is not None:
            for index in indexes:
                meter.note(client, index)
            if meter.is_budget_spent(client):
                raise _Left
        spent = meter.spend(client, len(indexes), now / SECOND)
        if not spent.is_allowed:
            raise _Left
        meter.use(caller.key_id)
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
        self._look_for(batch.token, [digest_of(normalise(one)) for one in identifiers])
        return self._write_checks(lane, identifiers, caller, echo, at, now)

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
        places = [self._place(one) for one in asked]
        for one, place in zip(asked, places, strict=True):
            self._look_for(one.token, [place])
        segment, resolver = self._store.segment(at), self._store.resolver
        lanes = [self._open(self._about_now(one.question, now), one.resource_type, segment) for one in asked]
        resolved = [(kind, digest, resolver.indexes(kind, digest)) for kind, digest in places]
        limits = self._count(caller, [indexes[0] for _, _, indexes in resolved], now)
        decisions = [
            self._decide(lane, kind, digest, indexes, at)
            for lane, (kind, digest, indexes) in zip(lanes, resolved, strict=True)
        ]
        answers = [
            wire.answer_evaluation(wire.Checked(decision=decision), scopes=caller.scopes)
            for decision in decisions
        ]
        text = wire.write_answer(join(answers))
        self._log.add(Entry(at, caller.name, self._store.watermark, decisions))
        return _OK % (len(text), limits, echo, text)

    def _place(self, asked: wire.Asked) -> tuple[IdentifierKind, bytes]:
        if asked.explain or asked.shadow or not isinstance(asked.identifier, Identifier):
            raise _Left
        return digest_of(normalise(asked.identifier))

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
