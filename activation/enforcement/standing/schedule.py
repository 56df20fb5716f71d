"""When a standing audience runs by itself: `every 30 minutes`, `every 6 hours`, `daily at 03:30` (UTC)."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from consent.kernel.errors import AccordantError

LEAST_MINUTES = 5
MOST_MINUTES = 24 * 60
MOST_HOURS = 7 * 24
_EVERY = re.compile(r"every ([1-9][0-9]{0,4}) (minutes?|hours?)", re.ASCII)
_DAILY = re.compile(r"daily at ([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class MalformedSchedule(AccordantError):
    """The text is no schedule."""

    code = "malformed_schedule"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either an interval, or a time of the day in UTC."""

    every: timedelta | None = None
    daily_at: time | None = None

    def next_after(self, at: datetime, *, since: datetime | None = None) -> datetime:
        """Return the first time after `at`. Intervals are counted from `since`; what was missed is left out.

        `at` is in UTC.
        """
        if self.every is not None:
            start = since if since is not None and since <= at else at
            return start + self.every * ((at - start) // self.every + 1)
        due = datetime.combine(at.date(), self.daily_at or time(), at.tzinfo)
        return due if due > at else due + timedelta(days=1)


def read_schedule(text: str) -> Schedule | None:
    """Return the schedule that `text` tells; None if it is empty: then a run is asked for by hand.

    :raises MalformedSchedule: if it is no schedule.
    """
    if not text:
        return None
    if daily := _DAILY.fullmatch(text):
        return Schedule(daily_at=time(int(daily[1]), int(daily[2])))
    every = _EVERY.fullmatch(text)
    if every is None:
        raise MalformedSchedule(
            "write `every 30 minutes`, `every 6 hours` or `daily at 03:30` (UTC), or nothing"
        )
    number, in_minutes = int(every[1]), every[2].startswith("minute")
    least, most = (LEAST_MINUTES, MOST_MINUTES) if in_minutes else (1, MOST_HOURS)
    if not least <= number <= most:
        raise MalformedSchedule(
            f"every {LEAST_MINUTES} to {MOST_MINUTES} minutes, or every 1 to {MOST_HOURS} hours"
        )
    return Schedule(every=timedelta(minutes=number) if in_minutes else timedelta(hours=number))
