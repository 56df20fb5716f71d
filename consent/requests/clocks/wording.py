"""What a computed date says of itself, in one sentence. Pure: no Django, no clock."""

from collections.abc import Iterator
from datetime import date, timedelta

from consent.policies.law.words import CountingRule
from consent.requests.clocks.counting import Counted
from consent.requests.clocks.days import ONE_DAY, is_weekend
from consent.requests.clocks.holidays_of import HolidayCalendar
from consent.requests.clocks.pauses import Pause, PauseEffect, Start

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_UNITS = {
    CountingRule.EU_MONTH: ("month", "months"),
    CountingRule.UK_MONTH: ("month", "months"),
    CountingRule.BUSINESS_DAYS: ("business day", "business days"),
}
_UNIT_OF_DAYS = ("calendar day", "calendar days")


def day_words(day: date) -> str:
    """Return a date as people write it: 5 April 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def weekday_words(day: date) -> str:
    """Return a date with its weekday: Sunday 5 April 2026."""
    return f"{_DAYS[day.weekday()]} {day_words(day)}"


def number_words(number: int, rule: CountingRule) -> str:
    """Return a period: one month, 45 calendar days."""
    one, many = _UNITS.get(rule, _UNIT_OF_DAYS)
    return f"{_number(number)} {one if number == 1 else many}"


def explain_counted(
    counted: Counted,
    *,
    number: int,
    rule: CountingRule,
    received_on: date,
    start: Start,
    calendar: HolidayCalendar,
    title: str,
    what: str = "it is due on",
) -> str:
    """Return the sentence that leads from the receipt to the day. `title`: the jurisdiction's name."""
    parts = [
        f"Received on {weekday_words(received_on)}",
        *_beginnings(start, received_on),
        f"{number_words(number, rule)} {'ends' if number == 1 else 'end'} on "
        + ", ".join(_way(counted, start, rule, calendar, title)),
    ]
    skipped = _skipped(counted, start.on, calendar, title) if rule is CountingRule.BUSINESS_DAYS else ""
    standing = _standing(start)
    return f"{'; '.join(parts)}{skipped}, so {what} {weekday_words(counted.due)}{standing}."


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _beginnings(start: Start, received_on: date) -> Iterator[str]:
    if start.on == received_on:
        return
    again = [one for one in start.pauses if one.rule.effect is PauseEffect.BEGINS_AGAIN]
    grounds = " and ".join(dict.fromkeys(one.ground.value for one in again))
    yield f"the period begins again on {weekday_words(start.on)} because of {grounds}"


def _way(
    counted: Counted, start: Start, rule: CountingRule, calendar: HolidayCalendar, title: str
) -> Iterator[str]:
    if start.added:
        yield day_words(counted.base)
        stood = _number(start.added) + (" day" if start.added == 1 else " days")
        yield f"the clock stood still for {stood}{_for_what(start)}, which leads to {day_words(counted.raw)}"
    else:
        yield day_words(counted.raw)
    if counted.due != counted.raw:
        yield _why_not(counted.raw, rule, calendar, title)
        yield from _days_after(counted, rule, calendar, title)


def _for_what(start: Start) -> str:
    adding = [one for one in start.pauses if one.rule.effect is PauseEffect.ADDS_DAYS]
    return " for " + " and ".join(dict.fromkeys(one.ground.value for one in adding))


def _why_not(day: date, rule: CountingRule, calendar: HolidayCalendar, title: str) -> str:
    name = calendar.name_of(day)
    if day.weekday() == 6 or (is_weekend(day) and rule is not CountingRule.SOUTH_AFRICA_DAYS):
        return f"a {_DAYS[day.weekday()]}"
    return f"which is {name} in {title}"


def _days_after(counted: Counted, rule: CountingRule, calendar: HolidayCalendar, title: str) -> Iterator[str]:
    day, told = counted.raw + ONE_DAY, is_weekend(counted.raw)
    while day < counted.due:
        name = calendar.name_of(day)
        if name and (not is_weekend(day) or rule is CountingRule.SOUTH_AFRICA_DAYS):
            yield f"and {day_words(day)} is {name} in {title}"
        elif not told:
            yield "a weekend follows" if day.weekday() == 5 else f"{day_words(day)} is a Sunday"
            told = True
        day += ONE_DAY


def _skipped(counted: Counted, start: date, calendar: HolidayCalendar, title: str) -> str:
    days = [start + timedelta(days=number) for number in range(1, (counted.due - start).days)]
    names = [
        f"{day_words(day)} ({name})"
        for day in days
        if not is_weekend(day) and (name := calendar.name_of(day))
    ]
    return f", not counting {' and '.join(names)} in {title}" if names else ""


def _standing(start: Start) -> str:
    standing: list[Pause] = [one for one in start.pauses if not one.is_over]
    if not standing:
        return ""
    return f" if the clock, which stands still since {day_words(standing[0].since)}, goes on at once"
