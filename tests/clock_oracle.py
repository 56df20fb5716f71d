"""Deadlines counted a second time, by walking from day to day.

It shares nothing with the rules but the list of holidays, and for Germany not even that.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import holidays

Days = Callable[[date], bool]
"""Whether a day is a public holiday."""


def holidays_of(country: str, part: str | None = None) -> Days:
    """Return the holidays of a country, days off that are worked for left out."""
    calendar = holidays.country_holidays(country, subdiv=part, language="en_US")
    counted_by_nobody = ("substituted from", "Susan B. Anthony", "Diwali")

    def is_holiday(day: date) -> bool:
        names = str(calendar[day]).split("; ") if day in calendar else []
        return any(not any(other in name for other in counted_by_nobody) for name in names)

    return is_holiday


def german_holidays(day: date) -> bool:
    """Return whether `day` is a holiday in all of Germany, by the statutes and by Meeus's Easter."""
    fixed = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}
    movable = {easter(day.year) + timedelta(days=offset) for offset in (-2, 1, 39, 50)}
    return (day.month, day.day) in fixed or day in movable


def easter(year: int) -> date:
    """Return Easter Sunday."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def walk(start: date) -> Iterator[date]:
    """Yield the days after `start`, one by one."""
    day = start
    while True:
        day += timedelta(days=1)
        yield day


def month_end(start: date, months: int, is_holiday: Days, stood_still: int = 0) -> date:
    """Return where a period of months ends, by Regulation 1182/71 and in the UK alike."""
    passed = 0
    for day in walk(start):
        tomorrow = day + timedelta(days=1)
        short_month = tomorrow.day == 1 and day.day < start.day
        passed += day.day == start.day or short_month
        if passed == months:
            return working_day_from(day + timedelta(days=stood_still), is_holiday)
    raise AssertionError


def working_day_from(day: date, is_holiday: Days) -> date:
    """Return `day`, or the next one on which offices are open."""
    for candidate in walk(day - timedelta(days=1)):
        if candidate.isoweekday() < 6 and not is_holiday(candidate):
            return candidate
    raise AssertionError


def calendar_end(start: date, days: int) -> date:
    """Return the last of so many days that follow."""
    for number, day in enumerate(walk(start), start=1):
        if number == days:
            return day
    raise AssertionError


def business_end(start: date, days: int, is_holiday: Days) -> date:
    """Return the last of so many working days that follow."""
    counted = 0
    for day in walk(start):
        counted += day.isoweekday() < 6 and not is_holiday(day)
        if counted == days:
            return day
    raise AssertionError


def south_african_end(start: date, days: int, is_holiday: Days) -> date:
    """Return the last of so many days that follow, moved off Sundays and holidays."""
    for day in walk(calendar_end(start, days) - timedelta(days=1)):
        if day.isoweekday() != 7 and not is_holiday(day):
            return day
    raise AssertionError
