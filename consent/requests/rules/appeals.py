"""Until when an answer can be appealed against. Pure."""

from datetime import datetime, timedelta

WINDOW = timedelta(days=90)
"""The laws that know an appeal ask for "a reasonable period" (Va. Code 59.1-577(C)), and name no number."""


def is_within_window(closed_at: datetime, *, at: datetime) -> bool:
    """Return whether what was closed then can be appealed against at `at`."""
    return at <= closed_at + WINDOW
