"""Rows 8 to 17 of the decision table: what one rule says of the case. Each row for itself, in order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from activation.decisions.case import Case, Verdict, with_consent_basis
from activation.decisions.compiled import AgeBand, AgeEffect, Condition, Rule
from activation.decisions.conditions import NOTHING_REGISTERED, is_met
from activation.decisions.policy_rows import permits_categories, permits_transfer
from activation.decisions.reasons import Reason
from activation.decisions.standing import Standing
from activation.decisions.validity import ends_at
from consent.policies.types import LegalBasis
from consent.records.types import ChoiceRecord
from consent.subjects.types import FactName

SUBJECT_CONDITIONS = {
    LegalBasis.CONTRACT: FactName.CONTRACT_ACTIVE,
    LegalBasis.SOFT_OPT_IN: FactName.SOFT_OPT_IN,
    LegalBasis.VITAL_INTEREST: FactName.VITAL_INTEREST,
}
"""The bases whose condition is a fact about the person; that of the others is the rule's assessment."""


@dataclass(frozen=True)
class Trial:
    """One case under one rule. An age band may have set the rule's basis to consent."""

    case: Case
    jurisdiction: str
    rule: Rule
    band: AgeBand | None
    """The rule's age band that the person is in."""

    @cached_property
    def standing(self) -> Standing:
        """The person's choices as the rule reads them."""
        return self.case.standing(self.rule)

    @property
    def needs_guardian(self) -> bool:
        """Whether the person's age asks for a guardian's consent."""
        return self.band is not None and self.band.effect is AgeEffect.GUARDIAN

    def says(self, reason: Reason, record: ChoiceRecord | None = None) -> Verdict:
        """Return a verdict of this rule."""
        return Verdict(reason=reason, jurisdiction=self.jurisdiction, rule=self.rule, record=record)


def try_rule(case: Case, jurisdiction: str, rule: Rule | None) -> Verdict:
    """Return what `rule` says: the first of its rows that speaks. No rule: row 8."""
    if rule is None:
        return Verdict(reason=Reason.NO_RULE, jurisdiction=jurisdiction)
    band = case.age_band(rule)
    trial = Trial(case, jurisdiction, with_consent_basis(rule) if band else rule, band)
    spoken = (row(trial) for row in ROWS)
    return next((verdict for verdict in spoken if verdict), trial.says(Reason.BASIS_CONDITION_UNMET))


def old_enough(trial: Trial) -> Verdict | None:
    """Row 9: the rule's age band does not bar the person, and a guardian consented where it asks for that."""
    band, rule = trial.band, trial.rule
    if rule.age_bands and not rule.age_unknown_accepted and trial.case.view.age is None:
        return trial.says(Reason.AGE_UNKNOWN)
    if band is not None and band.effect is AgeEffect.BARRED:
        return trial.says(Reason.MINOR_PROHIBITED)
    if trial.needs_guardian and not any(record.by_guardian for record in trial.standing.granting):
        return trial.says(Reason.MINOR_WITHOUT_GUARDIAN)
    return None


def transfer_permitted(trial: Trial) -> Verdict | None:
    """Row 10: the destination's country is one that the rule permits data to go to."""
    destination = trial.case.destination
    if trial.case.is_requirement or destination is None:
        return None
    permitted = permits_transfer(trial.case.policy, trial.rule, destination)
    return None if permitted else trial.says(Reason.TRANSFER_NOT_PERMITTED)


def categories_permitted(trial: Trial) -> Verdict | None:
    """Row 11: the rule and the destination permit every data category; special ones explicitly."""
    case, destination = trial.case, trial.case.destination
    if case.is_requirement or destination is None:
        return None
    asked = case.question.data_categories or destination.data_categories
    is_special = not asked.isdisjoint(case.policy.special_categories)
    permitted = permits_categories(trial.rule, destination, asked)
    if permitted and (not is_special or _specially_permitted(trial)):
        return None
    return trial.says(Reason.DATA_CATEGORY_NOT_PERMITTED)


def _specially_permitted(trial: Trial) -> bool:
    """Whether special categories rest on a named condition, or on explicit consent (GDPR Art. 9(2))."""
    if trial.rule.special_condition:
        return True
    explicit = any(record.explicit for record in trial.standing.governing())
    return trial.rule.basis is LegalBasis.CONSENT and explicit


def conditions_met(trial: Trial) -> Verdict | None:
    """Row 12: every condition is met by what was sent, and by what is registered of the destination."""
    sent, destination = trial.case.question.properties, trial.case.destination
    registered = destination.properties if destination else NOTHING_REGISTERED

    def holds(condition: Condition) -> bool:
        return is_met(condition, sent, registered)

    return None if all(map(holds, trial.rule.conditions)) else trial.says(Reason.CONDITION_NOT_MET)


def no_objection(trial: Trial) -> Verdict | None:
    """Row 13: no standing no that the rule honours."""
    found = trial.standing.standing_no()
    return trial.says(*found) if found else None


def consent_given(trial: Trial) -> Verdict | None:
    """Rows 14 and 15: under the basis consent, a grant that holds; else why there is none."""
    if trial.rule.basis is not LegalBasis.CONSENT:
        return None
    grants = list(trial.standing.governing(by_guardian=trial.needs_guardian))
    if not grants:
        return trial.says(trial.standing.without_grant())
    answers = [trial.says(_grant_fault(trial, grant) or Reason.GRANTED, grant) for grant in grants]
    return next((answer for answer in answers if answer.reason is Reason.GRANTED), answers[0])


def _grant_fault(trial: Trial, grant: ChoiceRecord) -> Reason | None:
    """Return why `grant` does not hold, in the order of row 14; None if it does."""
    end = ends_at(trial.rule, grant)
    if end is not None and end <= trial.case.moment:
        return Reason.EXPIRED
    if _is_outdated(trial.rule, grant):
        return Reason.NOTICE_OUTDATED
    if trial.standing.is_invalidated(grant):
        return Reason.INVALIDATED
    return None if _covers_recipient(trial, grant) else Reason.RECIPIENT_NOT_COVERED


def _is_outdated(rule: Rule, grant: ChoiceRecord) -> bool:
    """Whether the rule asks for a notice that the grant was not given on, or for a later version of it."""
    if rule.notice is None:
        return False
    return grant.notice != rule.notice or (grant.notice_version or 0) < rule.oldest_notice_version


def _covers_recipient(trial: Trial, grant: ChoiceRecord) -> bool:
    """Whether the destination is the controller's processor, or a third party that the notice named."""
    destination = trial.case.destination
    if trial.case.is_requirement or destination is None or not destination.third_party:
        return True
    shown = (grant.notice or "", grant.notice_version or 0)
    return trial.case.question.destination in trial.case.policy.recipients.get(shown, frozenset())


def not_opted_out(trial: Trial) -> Verdict | None:
    """Row 16: under the basis opt_out, no no stands (row 13 has looked)."""
    return trial.says(Reason.NOT_OPTED_OUT) if trial.rule.basis is LegalBasis.OPT_OUT else None


def basis_holds(trial: Trial) -> Verdict | None:
    """Row 17: the condition of any other basis is on record."""
    wanted = SUBJECT_CONDITIONS.get(trial.rule.basis)
    met = trial.case.view.affirmed(wanted) if wanted else bool(trial.rule.assessment)
    return trial.says(Reason.BASIS_NOT_CONSENT if met else Reason.BASIS_CONDITION_UNMET)


ROWS: tuple[Callable[[Trial], Verdict | None], ...] = (
    old_enough,
    transfer_permitted,
    categories_permitted,
    conditions_met,
    no_objection,
    consent_given,
    not_opted_out,
    basis_holds,
)
"""The table's rows 9 to 17 in its order: the first that speaks is the answer."""
