"""Reads of data subject requests: all that other apps may call."""

from consent.requests.clocks.calendar import list_calendar
from consent.requests.clocks.explaining import explain_deadline, explain_request

__all__ = ["explain_deadline", "explain_request", "list_calendar"]
