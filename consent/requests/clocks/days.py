"""Working days: which days count, and where a period may end. Pure: no Django, no clock."""

from collections.abc import Callable
from datetime import date, timedelta

from consent.requests.clocks.holidays_of import HolidayCalendar

ONE_DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6


def is_weekend(day: date) -> bool:
    """Return whether `day` is a Saturday or a Sunday."""
    return day.weekday() in {SATURDAY, SUNDAY}


def is_working_day(day: date, calendar: HolidayCalendar) -> bool:
    """Return whether `day` is from Monday to Friday, and no public holiday."""
    return not is_weekend(day) and calendar.name_of(day) is None


def is_south_african_end(day: date, calendar: HolidayCalendar) -> bool:
    """Return whether a period may end on `day`: not on a Sunday or a public holiday."""
    return day.weekday() != SUNDAY and calendar.name_of(day) is None


def first_that(holds: Callable[[date, HolidayCalendar], bool], day: date, calendar: HolidayCalendar) -> date:
    """Return `day`, or the first one after it of which `holds` is true."""
    while not holds(day, calendar):
        day += ONE_DAY
    return day


def add_working_days(start: date, days: int, calendar: HolidayCalendar) -> date:
    """Return the last of so many working days that follow `start`."""
    day = start
    for _ in range(days):
        day = first_that(is_working_day, day + ONE_DAY, calendar)
    return day
