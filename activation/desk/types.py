"""Values that describe simulations of a draft. Pure: no Django, no clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from activation.decisions.reasons import ALLOWING
from activation.decisions.types import Question

Progress = Callable[[int, int], None]
"""Called with the number of subjects done so far, and that of all."""


class RunStatus(StrEnum):
    """Where a simulation stands. Only a completed one has figures."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    ABANDONED = "abandoned"  # its process died; found by whoever looked next


class Dimension(StrEnum):
    """What changes are counted by."""

    PURPOSE = "purpose"
    JURISDICTION = "jurisdiction"
    DESTINATION = "destination"
    CONTROLLER = "controller"


UNKNOWN_PLACE = "unknown"
"""What stands for the jurisdiction of a person of whom none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One question about one person that the draft answers otherwise."""

    question: Question
    jurisdiction: str
    """Where the person lives, or else is; `UNKNOWN_PLACE` if neither is known."""
    before: str
    after: str
    """Reasons: those of decisions, or that a string is lacked."""

    @property
    def takes_away(self) -> bool:
        """Whether what was allowed is denied under the draft."""
        return self.before in ALLOWING and self.after not in ALLOWING

    @property
    def gives(self) -> bool:
        """Whether what was denied is allowed under the draft."""
        return self.before not in ALLOWING and self.after in ALLOWING

    def value_of(self, dimension: Dimension) -> str:
        """Return what the change is counted under."""
        if dimension is Dimension.JURISDICTION:
            return self.jurisdiction
        value: str = getattr(self.question, dimension.value)
        return value


@dataclass(slots=True)
class Shift:
    """How many answers turn, and about how many people."""

    allow_to_deny: int = 0
    deny_to_allow: int = 0
    people: int = 0

    @property
    def total(self) -> int:
        """Answers that turn either way."""
        return self.allow_to_deny + self.deny_to_allow


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledChange:
    """One answer that turns. It names the person by pseudonym only."""

    subject_ref: str
    purpose: str
    destination: str
    controller: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCounts:
    """How many questions there are about each person."""

    asked: int
    """Every purpose at every destination that either policy maps it to, for every controller."""
    untouched: int
    """Those that the draft cannot answer otherwise about anybody: all that bears on them is the same."""
    with_conditions: int
    """Those touched whose rules ask for properties of the request. A simulation sends none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a draft would change. It names nobody but by the sample's pseudonyms."""

    people: int
    """A linked group counts once."""
    touched: Shift
    """Answers that turn, and the people of whom at least one does."""
    other_reason: int
    """Answers with the same effect for another reason."""
    questions: QuestionCounts
    shifts: Mapping[Dimension, Mapping[str, Shift]] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(Before, after) -> answers, those with the same effect included."""
    sample: tuple[SampledChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A simulation as others may see it, at any time of its life."""

    run_id: UUID
    status: RunStatus
    version_id: int
    policy: str
    version: int
    draft_digest: str
    audience: str
    """The list's name; empty for all subjects."""
    subjects_total: int
    subjects_done: int
    figures: Mapping[str, Any] | None
    """None unless completed. `statement` says what is in it."""
    figures_digest: str
    sample: Sequence[Mapping[str, str]]
    is_attached: bool
    """Whether the draft was given these figures."""
    error: str
    """Why it failed, or why completed figures were not attached."""
