"""Comparisons of a time in a state with the time of asking. Each is exact; most need no calendar."""

from datetime import date, datetime
from typing import Protocol

from activation.decisions.view import LAST_TIME_ZONE
from activation.snapshots.compact.times import DAY, EPOCH_DAY, from_micros, to_micros
from consent.kernel.periods import Period

_MARGIN = 8 * DAY
"""More than the lengths of as many months differ by: within it, the calendar is asked."""
_REFRESHED_EVERY = DAY // 24
_ZONE = LAST_TIME_ZONE.seconds * 1_000_000
_END = to_micros(datetime.max.replace(tzinfo=from_micros(0).tzinfo))


class Threshold(Protocol):
    """What the time in a state is compared with."""

    def has_passed(self, time: int, at: int) -> bool:
        """Return whether what hangs on `time` is over at `at` (microseconds since 1970)."""
        ...

    def end_of(self, time: int) -> int:
        """Return when it is over."""
        ...


class OwnEnd:
    """A time that is an end itself: of a grant by its own date, or of a fact."""

    def has_passed(self, time: int, at: int) -> bool:
        """Return whether the end has come."""
        return time <= at

    def end_of(self, time: int) -> int:
        """Return the end."""
        return time


class PeriodEnd:
    """The end of a period that begins at the time."""

    def __init__(self, period: Period) -> None:
        self.period = period
        self._over_before = self._running_after = 0
        self._refresh_from = self._refresh_at = 0
        self._days: dict[int, int] = {}

    def has_passed(self, time: int, at: int) -> bool:
        """Return whether the period that began at `time` is over."""
        if not self._refresh_from <= at < self._refresh_at:
            self._refresh(at)
        if time > self._running_after:
            return False
        return time <= self._over_before or self.end_of(time) <= at

    def _refresh(self, at: int) -> None:
        """Work out what is surely over, or surely not, during the hour that follows `at`."""
        length = self.end_of(at) - at
        start = at - length
        slack = abs(self.end_of(max(start, 0)) - at) + _MARGIN
        self._over_before, self._running_after = start - slack, start + slack + _REFRESHED_EVERY
        self._refresh_from, self._refresh_at = at, at + _REFRESHED_EVERY

    def end_of(self, time: int) -> int:
        """Return when the period that began at `time` is over: the same time of another day."""
        day, rest = divmod(time, DAY)
        end = self._days.get(day)
        if end is None:
            end = self._days[day] = to_micros(self.period.after(from_micros(day * DAY)))
        return end + rest if end % DAY == 0 else _END


class Birthday:
    """The birthday of somebody born on the time, a date's ordinal, with which they reach an age."""

    def __init__(self, years: int) -> None:
        self.years = years
        self._day = -1
        self._last = 0

    def has_passed(self, time: int, at: int) -> bool:
        """Return whether they are that old everywhere on Earth."""
        day = (at - _ZONE) // DAY
        if day != self._day:
            self._day, self._last = day, _last_born(date.fromordinal(EPOCH_DAY + day), self.years)
        return time <= self._last

    def end_of(self, time: int) -> int:
        """Return when they are."""
        born_on = date.fromordinal(time)
        year = born_on.year + self.years
        is_leap_day = (born_on.month, born_on.day) == (2, 29)
        day = date(year, 3, 1) if is_leap_day and not _is_leap(year) else born_on.replace(year=year)
        return (day.toordinal() - EPOCH_DAY) * DAY + _ZONE


def _last_born(today: date, years: int) -> int:
    """Return the ordinal of the last date of birth of those who are `years` old on `today`."""
    year = today.year - years
    if year < 1:
        return 0
    if (today.month, today.day) == (2, 29) and not _is_leap(year):
        return date(year, 2, 28).toordinal()
    return today.replace(year=year).toordinal()


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
