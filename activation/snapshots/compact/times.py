"""Times as whole microseconds since 1970, which every time on record is."""

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000
"""Microseconds."""
_MICROSECOND = timedelta(microseconds=1)
EPOCH_DAY = date(1970, 1, 1).toordinal()


def to_micros(moment: datetime) -> int:
    """Return the microseconds from 1970 to `moment`, which is aware."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment `micros` after the beginning of 1970, in UTC.

    :raises OverflowError: if it is beyond the calendar.
    """
    return EPOCH + timedelta(microseconds=micros)
