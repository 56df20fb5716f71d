"""Comparisons of a time in a state with the time of asking. Each is exact; most need no calendar."""

from datetime import date, datetime

from activation.decisions.view import LAST_TIME_ZONE
from activation.snapshots.compact.times import DAY, EPOCH_DAY, from_micros, to_micros
from consent.kernel.periods import Period

_MARGIN = 8 * DAY
"""More than the lengths of as many months differ by: within it, the calendar is asked."""
REFRESHED_EVERY = DAY // 24
"""Microseconds."""
_ZONE = LAST_TIME_ZONE.seconds * 1_000_000
_END = to_micros(datetime.max.replace(tzinfo=from_micros(0).tzinfo))


class Threshold:
    """What the time in a state is compared with.

    A time up to `over_until` is over, and one after `running_from` is not: for the hour that `refresh` was
    called in. Whatever lies between is asked of the calendar.
    """

    __slots__ = ("over_until", "running_from")

    def __init__(self) -> None:
        self.over_until, self.running_from = -1, _END

    def has_passed(self, time: int, at: int) -> bool:
        """Return whether what hangs on `time` is over at `at` (microseconds since 1970)."""
        return self.end_of(time) <= at

    def end_of(self, time: int) -> int:
        """Return when it is over."""
        raise NotImplementedError

    def refresh(self, at: int) -> None:
        """Work out what is surely over, or surely not, during the hour that follows `at`."""


class OwnEnd(Threshold):
    """A time that is an end itself: of a grant by its own date, or of a fact."""

    __slots__ = ()

    def end_of(self, time: int) -> int:
        """Return the end."""
        return time

    def refresh(self, at: int) -> None:
        """Work out what is surely over, or surely not, during the hour that follows `at`."""
        self.over_until, self.running_from = at, at + REFRESHED_EVERY


class PeriodEnd(Threshold):
    """The end of a period that begins at the time."""

    __slots__ = ("_days", "period")

    def __init__(self, period: Period) -> None:
        super().__init__()
        self.period = period
        self._days: dict[int, int] = {}

    def end_of(self, time: int) -> int:
        """Return when the period that began at `time` is over: the same time of another day."""
        day, rest = divmod(time, DAY)
        end = self._days.get(day)
        if end is None:
            end = self._days[day] = to_micros(self.period.after(from_micros(day * DAY)))
        return end + rest if end % DAY == 0 else _END

    def refresh(self, at: int) -> None:
        """Work out what is surely over, or surely not, during the hour that follows `at`."""
        start = at - (self.end_of(at) - at)
        slack = abs(self.end_of(max(start, 0)) - at) + _MARGIN
        self.over_until, self.running_from = start - slack, start + slack + REFRESHED_EVERY


class Birthday(Threshold):
    """The birthday of somebody born on the time, a date's ordinal, with which they reach an age."""

    __slots__ = ("years",)

    def __init__(self, years: int) -> None:
        super().__init__()
        self.years = years

    def end_of(self, time: int) -> int:
        """Return when they are that old everywhere on Earth."""
        born_on = date.fromordinal(time)
        year = born_on.year + self.years
        is_leap_day = (born_on.month, born_on.day) == (2, 29)
        day = date(year, 3, 1) if is_leap_day and not _is_leap(year) else born_on.replace(year=year)
        return (day.toordinal() - EPOCH_DAY) * DAY + _ZONE

    def refresh(self, at: int) -> None:
        """Work out what is surely over, or surely not, during the hour that follows `at`."""
        today, soon = ((at + later - _ZONE) // DAY for later in (0, REFRESHED_EVERY))
        self.over_until = _last_born(date.fromordinal(EPOCH_DAY + today), self.years)
        self.running_from = _last_born(date.fromordinal(EPOCH_DAY + soon), self.years)


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
