"""How long an answer holds: the first moment at which the same question could be answered otherwise."""

from datetime import datetime

from activation.decisions.case import Case, Verdict
from activation.decisions.compiled import Rule
from consent.records.types import YES, ChoiceRecord


def ends_at(rule: Rule, grant: ChoiceRecord) -> datetime | None:
    """Return when `grant` ends: by the rule's validity or by its own date, whichever is first."""
    by_rule = rule.validity.after(grant.effective_at) if rule.validity else None
    return earliest(by_rule, grant.expires_at)


def holds_until(case: Case, verdict: Verdict) -> datetime | None:
    """Return when `verdict` may change by itself; None if never.

    Looked at: the end of the grant, the birthday that ends an age band, facts that run out, what is on
    record but effective later, and a policy already published to follow.
    """
    rule, record, view = verdict.rule, verdict.record, case.view
    band = case.age_band(rule) if rule else None
    return earliest(
        ends_at(rule, record) if rule and record and record.choice in YES else None,
        view.birthday_at(band.under) if band else None,
        case.policy.in_force_until,
        view.next_change_at,
        *(fact.until for facts in view.facts.values() for fact in facts),
    )


def earliest(*times: datetime | None) -> datetime | None:
    """Return the first of the given times; None if none is given."""
    return min((time for time in times if time is not None), default=None)
