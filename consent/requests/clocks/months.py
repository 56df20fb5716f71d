"""Periods in months: the same-numbered day, or the month's last. Pure: no Django, no clock."""

from calendar import monthrange
from datetime import date


def add_months(start: date, months: int) -> date:
    """Return the day `months` after `start` that has its number, or the last of that month if none has."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
