"""Reads of data subject requests: all that other apps may call."""

from consent.requests.clocks.calendar import list_calendar
from consent.requests.clocks.explaining import explain_deadline, explain_request
from consent.requests.packages.reading import open_released, stream_package

__all__ = [
    "explain_deadline",
    "explain_request",
    "list_calendar",
    "open_released",
    "stream_package",
]
