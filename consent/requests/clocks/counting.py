"""How each rule of the law table counts a period. Pure: no Django, no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from consent.policies.law.words import CountingRule
from consent.requests.clocks.days import (
    add_working_days,
    first_that,
    is_south_african_end,
    is_working_day,
)
from consent.requests.clocks.holidays_of import HolidayCalendar
from consent.requests.clocks.months import add_months
from consent.requests.clocks.pauses import Start


@dataclass(frozen=True, slots=True)
class Counted:
    """The end of a period."""

    base: date
    """Where the number leads."""
    raw: date
    """The same, moved by the days on which the clock stood still."""
    due: date
    """The same, moved to a day on which a period may end."""


def count(rule: CountingRule, start: Start, number: int, calendar: HolidayCalendar) -> Counted:
    """Return the end of `number` months or days from `start`, as `rule` counts."""
    base = _base(rule, start.on, number, calendar)
    raw = base + timedelta(days=start.added)
    may_end = _MAY_END.get(rule)
    return Counted(base, raw, first_that(may_end, raw, calendar) if may_end else raw)


def _base(rule: CountingRule, start: date, number: int, calendar: HolidayCalendar) -> date:
    if rule in {CountingRule.EU_MONTH, CountingRule.UK_MONTH}:
        return add_months(start, number)
    if rule is CountingRule.BUSINESS_DAYS:
        return add_working_days(start, number, calendar)
    return start + timedelta(days=number)


_MAY_END: dict[CountingRule, Callable[[date, HolidayCalendar], bool]] = {
    CountingRule.EU_MONTH: is_working_day,
    CountingRule.UK_MONTH: is_working_day,
    CountingRule.SOUTH_AFRICA_DAYS: is_south_african_end,
}
"""On which days a period may end; by the other rules, on any."""
