"""Periods of validity: the date part of ISO 8601 durations (`P13M`, `P2Y6M`, `P30D`, `P2W`)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from dateutil.relativedelta import relativedelta

from consent.kernel.errors import AccordantError

_FORM = re.compile(
    r"P(?=\d)(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?",
    re.ASCII,
)


class MalformedPeriod(AccordantError):
    """The text is not a period of at least one day."""

    code = "malformed_period"


@dataclass(frozen=True, slots=True)
class Period:
    """A span in calendar units: a month is a month, whatever its days."""

    months: int
    days: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the period that `text` names.

        :raises MalformedPeriod: if it is none, or of no length.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise MalformedPeriod(f"{text!r} is not a period such as P13M, P2Y or P30D")
        years, months, weeks, days = (int(part or 0) for part in match.groups())
        period = cls(months=12 * years + months, days=7 * weeks + days)
        if not period.months and not period.days:
            raise MalformedPeriod(f"{text!r} has no length")
        return period

    def after(self, start: datetime) -> datetime:
        """Return the moment this period after `start`; past a short month's end, that month's last day.

        A moment beyond the calendar's end (year 9999) is returned as the calendar's end.
        """
        try:
            return start + relativedelta(months=self.months, days=self.days)
        except (OverflowError, ValueError):
            return datetime.max.replace(tzinfo=start.tzinfo)
