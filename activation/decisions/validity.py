"""How long an answer holds: the first moment at which the same question could be answered otherwise."""

from datetime import datetime

from activation.decisions.case import Case
from activation.decisions.compiled import Rule
from consent.records.types import YES, ChoiceRecord
from consent.subjects.types import FactName


def ends_at(rule: Rule, grant: ChoiceRecord) -> datetime | None:
    """Return when `grant` ends: by the rule's validity or by its own date, whichever is first."""
    by_rule = rule.validity.after(grant.effective_at) if rule.validity else None
    return earliest(by_rule, grant.expires_at)


def holds_until(case: Case, rule: Rule, record: ChoiceRecord | None) -> datetime | None:
    """Return when an answer of `rule` that rests on `record` may change by itself; None if never.

    Looked at: the end of the grant, the birthday that ends an age band, facts that run out, what is on
    record but effective later, and a policy already published to follow.
    """
    view, band = case.view, case.age_band(rule)
    facts = [fact for name in FactName for fact in view.facts(name, case.question.controller)]
    return earliest(
        ends_at(rule, record) if record and record.choice in YES else None,
        view.birthday_at(band.under) if band else None,
        case.policy.in_force_until,
        view.next_change_at,
        *(fact.until for fact in facts),
    )


def earliest(*times: datetime | None) -> datetime | None:
    """Return the first of the given times; None if none is given."""
    return min((time for time in times if time is not None), default=None)
