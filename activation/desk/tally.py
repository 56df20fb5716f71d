"""Counting what a draft changes, person by person. It grows with the policy, never with the people."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from activation.desk.types import Change, Dimension, Figures, QuestionCounts, SampledChange, Shift

SAMPLE_SIZE = 20
SAMPLED_ALIKE = 4
"""Of one reason pair at most these are sampled, so that rare ones show."""


@dataclass(slots=True)
class Tally:
    """What changed for the people added so far."""

    people: int = 0
    touched: Shift = field(default_factory=Shift)
    other_reason: int = 0
    shifts: dict[tuple[Dimension, str], Shift] = field(default_factory=lambda: defaultdict(Shift))
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    sample: list[SampledChange] = field(default_factory=list)
    _sampled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, subject_ref: str, changes: Sequence[Change]) -> None:
        """Count one person, whom `subject_ref` may stand for in the sample, with all their changes."""
        self.people += 1
        if not changes:
            return
        self.reasons.update((change.before, change.after) for change in changes)
        turned = [change for change in changes if change.takes_away or change.gives]
        self.other_reason += len(changes) - len(turned)
        if turned:
            self._add_turned(turned)
            self._add_to_sample(subject_ref, turned)

    def _add_turned(self, turned: Sequence[Change]) -> None:
        _add(self.touched, turned)
        by_value: defaultdict[tuple[Dimension, str], list[Change]] = defaultdict(list)
        for change in turned:
            for dimension in Dimension:
                by_value[dimension, change.value_of(dimension)].append(change)
        for key, changes in by_value.items():
            _add(self.shifts[key], changes)

    def _add_to_sample(self, subject_ref: str, turned: Sequence[Change]) -> None:
        """Sample a person's first change that may be. Pseudonyms are random: whoever comes first will do."""
        for change in turned if len(self.sample) < SAMPLE_SIZE else ():
            pair = (change.before, change.after)
            if self._sampled[pair] < SAMPLED_ALIKE:
                self._sampled[pair] += 1
                self.sample.append(_sampled(subject_ref, change))
                return

    def sum_up(self, questions: QuestionCounts) -> Figures:
        """Return the figures of the people added so far."""
        return Figures(
            people=self.people,
            touched=self.touched,
            other_reason=self.other_reason,
            questions=questions,
            shifts={dimension: self._of(dimension) for dimension in Dimension},
            reasons=dict(self.reasons),
            sample=tuple(self.sample),
        )

    def _of(self, dimension: Dimension) -> Mapping[str, Shift]:
        """Return the shifts by value, the largest first."""
        found = [(value, shift) for (of, value), shift in self.shifts.items() if of is dimension]
        return dict(sorted(found, key=lambda one: (-one[1].total, one[0])))


def _add(shift: Shift, turned: Sequence[Change]) -> None:
    taken = sum(change.takes_away for change in turned)
    shift.allow_to_deny += taken
    shift.deny_to_allow += len(turned) - taken
    shift.people += 1


def _sampled(subject_ref: str, change: Change) -> SampledChange:
    return SampledChange(
        subject_ref=subject_ref,
        purpose=change.question.purpose,
        destination=change.question.destination,
        controller=change.question.controller,
        before=change.before,
        after=change.after,
    )
