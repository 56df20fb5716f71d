"""One question's lane."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import Examined, examine
from activation.decisions.policy_rows import list_requirements
from activation.decisions.register import Register
from activation.decisions.types import Question, SubjectState
from activation.snapshots.compact.encoding import (
    COMPACT,
    HEADER,
    SETTLED_AT,
    VERSION,
    Layout,
    Shape,
    lay_out,
    read_items,
    read_shape,
)
from activation.snapshots.compact.general import UNREADABLE, decode_general
from activation.snapshots.compact.items import member_of, select
from activation.snapshots.compact.refs import unpack_ref
from activation.snapshots.compact.times import from_micros, to_micros
from activation.snapshots.compact.tokens import Dictionary
from activation.snapshots.lanes.outcomes import Field, Learnt, Outcome, Thresholds, Watch, learn
from activation.snapshots.lanes.reducing import ReducedKey, Relevance, reduced_key
from activation.snapshots.lanes.thresholds import Threshold
from consent.records.types import YES

MOST_SHAPES = 50_000
"""Shapes that a lane remembers before it begins anew: a bound on memory."""


class Unsettled(Exception):
    """The state cannot be read, or holds what counts only from later than asked: ask the ledger itself."""


Found = tuple[Outcome, Sequence[int]]
"""An outcome, and the times of the person it was found for."""


@dataclass(slots=True)
class _Reduced:
    """What is remembered of all shapes that the question does not tell apart."""

    watches: tuple[Watch, ...]
    learnt: dict[int, Learnt] = field(default_factory=dict)
    """By what of the watches has passed."""


@dataclass(slots=True)
class _Known:
    """What is remembered of one shape."""

    shape: Shape
    layout: Layout
    kept: list[int]
    reduced: _Reduced
    watches: tuple[tuple[int, Threshold], ...]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """By what of the watches has passed."""


class Lane:
    """Answers one question about anybody, while neither the policy nor the register changes.

    `question` asks about now: it names its controller, and neither a past time nor a freshness.
    """

    def __init__(
        self,
        *,
        policy: CompiledPolicy,
        register: Register,
        question: Question,
        dictionary: Dictionary,
        thresholds: Thresholds,
    ) -> None:
        self._policy, self._register, self._question = policy, register, question
        self._dictionary, self._thresholds = dictionary, thresholds
        self._purposes = tuple(list_requirements(policy, question.purpose))
        self._relevance = Relevance(self._purposes, question.controller, dictionary)
        self._known: dict[bytes, _Known] = {}
        self._reduced: dict[ReducedKey, _Reduced] = {}
        self._nobody: Found | None = None

    def answer(self, ref: bytes, state: bytes, at: int) -> Found:
        """Return the outcome for the person `ref` (packed), whose state this is, at `at` (microseconds).

        :raises Unsettled: if the state holds what counts from later than `at` on.
        :raises LookupError, ValueError, struct.error: if the bytes are no state of this dictionary.
        """
        kind, length = HEADER.unpack_from(state)
        if kind != COMPACT:
            return self.answer_state(_decode(ref, state), at)
        end = HEADER.size + length
        known = self._known.get(state[HEADER.size : end]) or self._learn_shape(state[HEADER.size : end])
        times = known.layout.times.unpack_from(state, end)
        if times[SETTLED_AT] > at:
            raise Unsettled
        if not self._thresholds.fresh_from <= at < self._thresholds.fresh_until:
            self._thresholds.refresh(at)
        passed = 0
        for index, threshold in known.watches:
            time = times[index]
            if time <= threshold.over_until or (
                time <= threshold.running_from and threshold.has_passed(time, at)
            ):
                passed += passed + 1
            else:
                passed += passed
        return known.outcomes.get(passed) or self._learn(known, passed, times, at), times

    def answer_state(self, state: SubjectState, at: int) -> Found:
        """Return the engine's own answer, of which nothing is remembered."""
        examined = self._examine(state, at)
        until = examined.decision.valid_until
        learnt = learn(examined, self._thresholds)
        return Outcome(learnt.decision, (), None if until is None else to_micros(until)), ()

    def nobody(self, at: int) -> Found:
        """Return the answer for people of whom nothing is known."""
        if self._nobody is None:
            self._nobody = self.answer_state(SubjectState(), at)
        return self._nobody

    def _examine(self, state: SubjectState, at: int) -> Examined:
        return examine(self._policy, self._register, state, self._question, from_micros(at))

    def _learn_shape(self, text: bytes) -> _Known:
        shape = read_shape(text, self._dictionary)
        layout, kept = lay_out(shape, self._dictionary), self._relevance.places(shape)
        key = reduced_key(shape, kept)
        reduced = self._reduced.get(key) or _Reduced(
            tuple(self._watches([shape.numbers[one] for one in kept]))
        )
        watches = tuple((watch.index(layout, kept), watch.threshold) for watch in reduced.watches)
        known = _Known(shape, layout, kept, reduced, watches)
        if len(self._known) >= MOST_SHAPES:
            self._known.clear()
            self._reduced.clear()
        self._reduced[key], self._known[text] = reduced, known
        return known

    def _watches(self, numbers: Sequence[int]) -> Iterator[Watch]:
        """Yield every time whose passing could change the answer: more than the engine will look at."""
        rules = [
            rule
            for purpose in self._purposes
            for rule in self._policy.rules_for(purpose, self._question.controller).values()
        ]
        periods = dict.fromkeys(rule.validity for rule in rules if rule.validity)
        ages = dict.fromkeys(band.under for rule in rules for band in rule.age_bands)
        for place, token in enumerate(map(self._dictionary.token, numbers)):
            if token.choice in YES:
                yield from (Watch(place, Field.EFFECTIVE, self._thresholds.period(one)) for one in periods)
            if token.has_end:
                yield Watch(place, Field.END, self._thresholds.own_end)
            if token.is_birth:
                yield from (Watch(place, Field.BIRTH, self._thresholds.birthday(years)) for years in ages)

    def _learn(self, known: _Known, passed: int, times: Sequence[int], at: int) -> Outcome:
        learnt = known.reduced.learnt.get(passed)
        if learnt is None:
            items = select(read_items(times, known.shape, known.layout, self._dictionary), known.kept)
            ref = self._question.purpose or "person"  # a name for the one subject there is
            member = member_of(items, subject_ref=ref, version=times[VERSION])
            state = SubjectState(asked=frozenset({ref}), members=(member,))
            learnt = learn(self._examine(state, at), self._thresholds)
            known.reduced.learnt[passed] = learnt
        outcome = known.outcomes[passed] = learnt.placed(known.layout, known.kept)
        return outcome


def _decode(ref: bytes, state: bytes) -> SubjectState:
    if state == UNREADABLE:
        raise Unsettled
    return decode_general(state, asked=frozenset({unpack_ref(ref)}))
