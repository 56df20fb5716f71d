"""The dates of a request, as its row holds them."""

from datetime import timedelta

from consent.requests.models import Request

_UNTIL_COUNTED = timedelta(days=30)


def refresh_deadlines(request: Request) -> None:
    """Set the request's dates by the law of its jurisdiction; the caller saves the row."""
    request.due_at = request.received_at + _UNTIL_COUNTED
    request.due_on = request.due_at.date()
