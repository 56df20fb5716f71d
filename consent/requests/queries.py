"""Reads of data subject requests: all that other apps may call."""

from consent.requests.fanning.reading import (
    StuckStep,
    count_stuck_steps,
    get_callback_secret,
    list_stuck_steps,
)

__all__ = [
    "StuckStep",
    "count_stuck_steps",
    "get_callback_secret",
    "list_stuck_steps",
]
