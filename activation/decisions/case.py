"""One question being decided: what every row of the table looks at."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Self

from activation.decisions.compiled import (
    AgeBand,
    CompiledPolicy,
    DestinationPolicy,
    PurposePolicy,
    Rule,
)
from activation.decisions.policy_rows import FoundRule, applicable_rules
from activation.decisions.reasons import Reason
from activation.decisions.register import Register
from activation.decisions.standing import Standing
from activation.decisions.types import Question, SubjectState
from activation.decisions.view import View
from consent.policies.types import LegalBasis
from consent.records.types import ChoiceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one row of the table says, and what it rests on."""

    reason: Reason
    jurisdiction: str | None = None
    rule: Rule | None = None
    record: ChoiceRecord | None = None
    required_purpose: str | None = None


@dataclass(frozen=True)
class Case:
    """A question, and everything it is decided by."""

    policy: CompiledPolicy
    destinations: Register
    state: SubjectState
    question: Question
    at: datetime
    moment: datetime
    """The time that is decided for."""
    view: View
    """What of the state counts."""
    is_requirement: bool = False
    """True while a purpose is decided only because another requires it: then no data leaves for it, and
    the rows about the destination do not apply."""

    @classmethod
    def open(
        cls,
        policy: CompiledPolicy,
        destinations: Register,
        state: SubjectState,
        question: Question,
        at: datetime,
    ) -> Self:
        """Return the case that `question`, asked at `at`, makes."""
        moment = question.as_of or at
        view = View(state, question, moment, question.known_at or at)
        return cls(policy, destinations, state, question, at, moment, view)

    @property
    def purpose(self) -> PurposePolicy:
        """What the policy says of the purpose, which row 2 found in it."""
        return self.policy.purposes[self.question.purpose]

    @property
    def destination(self) -> DestinationPolicy | None:
        """What the policy permits the destination; None if it does not mention it."""
        return self.policy.destinations.get(self.question.destination)

    @property
    def is_resolved(self) -> bool:
        """Whether any jurisdiction of the person is known."""
        return bool(self.view.jurisdictions)

    @cached_property
    def applicable(self) -> list[FoundRule]:
        """The rules that must all allow, each once, with the jurisdiction that led to it."""
        question = self.question
        return applicable_rules(self.policy, question.purpose, question.controller, self.view.jurisdictions)

    @property
    def has_rule_for_everywhere(self) -> bool:
        """Whether the purpose has a rule that holds in any jurisdiction."""
        return self.policy.has_rule_for_everywhere(self.question.purpose, self.question.controller)

    def standing(self, rule: Rule) -> Standing:
        """Return the person's choices as `rule` reads them."""
        purpose = self.question.purpose
        return Standing(self.view, rule, purpose, heeds_signals=self.purpose.heeds_signals)

    def age_band(self, rule: Rule) -> AgeBand | None:
        """Return the rule's band that the person's age falls into; None if none does, or no age is known."""
        age = self.view.age if rule.age_bands else None
        return next((band for band in rule.age_bands if age is not None and age < band.under), None)

    def for_required(self, purpose: str) -> "Case":
        """Return the same case, asking about a purpose that this one requires."""
        return replace(self, question=replace(self.question, purpose=purpose), is_requirement=True)


def with_consent_basis(rule: Rule) -> Rule:
    """Return `rule` resting on consent, as an age band may demand."""
    return replace(rule, basis=LegalBasis.CONSENT)
