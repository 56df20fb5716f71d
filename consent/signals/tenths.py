"""Times as the frameworks write them: tenths of a second since 1970, in 36 bits."""

from datetime import UTC, datetime, timedelta

BITS = 36
HIGHEST = 2**BITS - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_time(tenths: int) -> datetime:
    """Return the time that `tenths` (0 to 2^36 - 1) names, in UTC; the last is in the year 2187."""
    return _EPOCH + timedelta(milliseconds=100 * tenths)


def from_time(time: datetime) -> int:
    """Return the tenths of a second since 1970 of an aware time, rounded down; may be out of range."""
    return (time - _EPOCH) // timedelta(milliseconds=100)
