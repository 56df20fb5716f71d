"""The policies and the register as they follow one another, and the lanes of each stretch of time."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime

from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.register import Register
from activation.decisions.types import Question
from activation.snapshots.compact.times import to_micros
from activation.snapshots.compact.tokens import Dictionary
from activation.snapshots.lanes.lane import Lane
from activation.snapshots.lanes.outcomes import Thresholds

MOST_LANES = 4_000
"""Lanes that are kept before they are begun anew: callers choose the questions."""


class Segment:
    """A stretch of time in which neither the policy nor the register changes.

    It holds from `start` on, and until `end`, both in microseconds since 1970.
    """

    def __init__(
        self,
        *,
        policy: CompiledPolicy,
        register: Register,
        dictionary: Dictionary,
        thresholds: Thresholds,
        start: float,
        end: float,
    ) -> None:
        self.policy, self.register, self.start, self.end = policy, register, start, end
        self._dictionary, self._thresholds = dictionary, thresholds
        self._lanes: dict[object, Lane] = {}

    def lane(self, question: Question) -> Lane:
        """Return the lane of `question`, which asks about now and names its controller."""
        key = (
            question.purpose,
            question.destination,
            question.controller,
            question.data_categories,
            question.jurisdiction_hint,
            tuple(sorted((name, type(value), value) for name, value in question.properties.items())),
        )
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) >= MOST_LANES:
                self._lanes.clear()
            lane = self._lanes[key] = self._open(question)
        return lane

    def _open(self, question: Question) -> Lane:
        return Lane(
            policy=self.policy,
            register=self.register,
            question=question,
            dictionary=self._dictionary,
            thresholds=self._thresholds,
        )


class World:
    """Everything that decisions rest on besides the people."""

    def __init__(
        self, *, policies: Sequence[CompiledPolicy], register: Register, dictionary: Dictionary
    ) -> None:
        """Take every published policy that is in force now or later, in the order they take effect."""
        self._policies = tuple(policies)
        self._register, self._dictionary = register, dictionary
        self._thresholds = Thresholds()
        self._starts = sorted({to_micros(moment) for moment in self._turns()})
        self._segments: dict[int, Segment] = {}

    def segment(self, at: int) -> Segment:
        """Return the stretch that `at` (microseconds since 1970) lies in."""
        number = bisect_right(self._starts, at)
        segment = self._segments.get(number)
        if segment is None:
            segment = self._segments[number] = Segment(
                policy=self._policy_at(at),
                register=self._register,
                dictionary=self._dictionary,
                thresholds=self._thresholds,
                start=self._starts[number - 1] if number else float("-inf"),
                end=self._starts[number] if number < len(self._starts) else float("inf"),
            )
        return segment

    def _policy_at(self, at: int) -> CompiledPolicy:
        """Return the one that took effect last; the engine denies under one that is over."""
        begun = [policy for policy in self._policies if to_micros(policy.in_force_from) <= at]
        return begun[-1] if begun else NO_POLICY

    def _turns(self) -> Iterator[datetime]:
        """Yield the moments at which the policy or the register changes."""
        for policy in self._policies:
            yield policy.in_force_from
            if policy.in_force_until is not None:
                yield policy.in_force_until
        for entry in self._register.values():
            yield entry.registered_at
            for pause in entry.suspensions:
                yield pause.suspended_at
                if pause.resumed_at is not None:
                    yield pause.resumed_at
