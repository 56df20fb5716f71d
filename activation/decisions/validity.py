"""How long an answer holds: the first moment at which the same question could be answered otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from activation.decisions.case import Case, Verdict
from activation.decisions.compiled import Rule
from consent.kernel.periods import Period
from consent.records.types import YES, ChoiceRecord
from consent.subjects.types import FactName


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """One moment at which an answer may change by itself, and what ends then.

    With neither a `version` nor `years` it is the policy, or what is on record but effective later.
    """

    at: datetime
    version: int | None = None
    """The subject's version that recorded the grant, the fact that ends, or the one date of birth."""
    period: Period | None = None
    """The rule's validity, counted from when the grant took effect. None: the record's or fact's own end."""
    years: int | None = None
    """The age that the person reaches then."""


def ends_at(rule: Rule, grant: ChoiceRecord) -> datetime | None:
    """Return when `grant` ends: by the rule's validity or by its own date, whichever is first."""
    by_rule = rule.validity.after(grant.effective_at) if rule.validity else None
    return earliest(by_rule, grant.expires_at)


def horizons(case: Case, verdict: Verdict) -> Iterator[Horizon]:
    """Yield each moment at which `verdict` may change by itself.

    Looked at: the end of the grant, the birthday that ends an age band, facts that run out, what is on
    record but effective later, and a policy already published to follow.
    """
    rule, record, view = verdict.rule, verdict.record, case.view
    if rule and record and record.choice in YES:
        yield from _ends_of(rule, record)
    if rule and (band := case.age_band(rule)) and (birthday := view.birthday_at(band.under)):
        born = view.facts_of(FactName.BORN_ON)
        yield Horizon(at=birthday, years=band.under, version=born[0].version if len(born) == 1 else None)
    for moment in (case.policy.in_force_until, view.next_change_at):
        if moment is not None:
            yield Horizon(at=moment)
    for facts in view.facts.values():
        yield from (Horizon(at=fact.until, version=fact.version) for fact in facts if fact.until is not None)


def _ends_of(rule: Rule, grant: ChoiceRecord) -> Iterator[Horizon]:
    if rule.validity:
        end = rule.validity.after(grant.effective_at)
        yield Horizon(at=end, version=grant.version, period=rule.validity)
    if grant.expires_at is not None:
        yield Horizon(at=grant.expires_at, version=grant.version)


def earliest(*times: datetime | None) -> datetime | None:
    """Return the first of the given times; None if none is given."""
    return min((time for time in times if time is not None), default=None)
