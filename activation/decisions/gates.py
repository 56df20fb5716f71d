"""Rows 1 to 6 of the decision table: what is tested before any rule is read."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from activation.decisions.case import Case, Verdict
from activation.decisions.policy_rows import deny_destination, deny_purpose
from activation.decisions.reasons import Reason
from activation.decisions.register import deny_recipient
from consent.subjects.types import FactName


def policy_in_force(case: Case) -> Verdict | None:
    """Row 1: a published, intact policy is in force at the time decided for."""
    policy, until = case.policy, case.policy.in_force_until
    holds = policy.in_force_from <= case.moment and (until is None or case.moment < until)
    return None if policy.intact and holds else Verdict(reason=Reason.POLICY_UNAVAILABLE)


def purpose_known(case: Case) -> Verdict | None:
    """Row 2, first parts: the policy knows the purpose, and it is not retired."""
    reason = deny_purpose(case.policy, case.question.purpose)
    return Verdict(reason=reason) if reason else None


def destination_permitted(case: Case) -> Verdict | None:
    """Row 3: the destination is registered, not suspended, and permitted the purpose."""
    if case.is_requirement:
        return None
    slug = case.question.destination
    reason = deny_recipient(case.destinations, slug, case.moment)
    reason = reason or deny_destination(case.policy, case.question.purpose, slug)
    return Verdict(reason=reason) if reason else None


def state_fresh(case: Case) -> Verdict | None:
    """Row 4: the store could be read, and what it said is as fresh as the caller asks."""
    question = case.question
    asks_future = case.moment > case.at or (question.known_at is not None and question.known_at > case.at)
    if not case.state.available or asks_future:
        return Verdict(reason=Reason.STATE_UNAVAILABLE)
    if _is_older_than_token(case) or _is_older_than(case, question.max_staleness):
        return Verdict(reason=Reason.STATE_STALE)
    return None


def _is_older_than(case: Case, bound: timedelta | None) -> bool:
    if bound is None:
        return False
    complete_at = case.state.complete_at
    return complete_at is None or case.at - complete_at > bound


def _is_older_than_token(case: Case) -> bool:
    token = case.question.at_least
    if token is None:
        return False
    versions = {member.subject_ref: member.version for member in case.state.members}
    return versions.get(token.subject_ref, -1) < token.version


def subject_open(case: Case) -> Verdict | None:
    """Row 5: the person is neither erased nor restricted, or every applicable rule survives it."""
    rules = [found.rule for found in case.applicable]
    if case.view.is_erased and not (rules and all(rule and rule.survives_erasure for rule in rules)):
        return Verdict(reason=Reason.SUBJECT_ERASED)
    if not _is_restricted(case) or (rules and all(rule and rule.survives_restriction for rule in rules)):
        return None
    return Verdict(reason=Reason.SUBJECT_RESTRICTED)


def _is_restricted(case: Case) -> bool:
    """Whether processing is restricted (GDPR Art. 18) and no later consent under every rule reopens it."""
    restrictions = [fact for fact in case.view.facts_of(FactName.RESTRICTED) if fact.value != "no"]
    if not restrictions:
        return False
    since = max(fact.effective_at for fact in restrictions)
    standings = [case.standing(found.rule) for found in case.applicable if found.rule]
    return not standings or not all(
        standing.standing_no() is None and any(yes.effective_at > since for yes in standing.yeses)
        for standing in standings
    )


def identity_clear(case: Case) -> Verdict | None:
    """Row 6: the identifiers lead to one person; or to none, and every applicable rule accepts that."""
    if case.view.is_ambiguous:
        return Verdict(reason=Reason.IDENTITY_AMBIGUOUS)
    rules = [found.rule for found in case.applicable]
    accepted = bool(rules) and all(rule and rule.unknown_subject_allowed for rule in rules)
    return None if case.view.members or accepted else Verdict(reason=Reason.SUBJECT_UNKNOWN)


Gate = Callable[[Case], Verdict | None]

BEFORE_REQUIRED: tuple[Gate, ...] = (policy_in_force, purpose_known)
"""The rows that come before the look at required purposes, the last part of row 2."""
AFTER_REQUIRED: tuple[Gate, ...] = (destination_permitted, state_fresh, subject_open, identity_clear)
"""The rows that come after it."""


def first_that_speaks(case: Case, gates: Sequence[Gate]) -> Verdict | None:
    """Return the verdict of the first of `gates` that denies; None if none does."""
    return next((verdict for gate in gates if (verdict := gate(case))), None)
