"""The dates of a request, each with its reason."""

from consent.requests.clocks.types import ComputedDate, Deadlines
from consent.requests.models import Request


def explain_request(request: Request) -> Deadlines:
    """Return the dates as the row holds them. How they were counted is not told yet."""
    return Deadlines(
        jurisdiction=request.jurisdiction,
        zone=request.zone,
        received_on=request.received_at.date(),
        acknowledge_by=_date(request.acknowledge_by),
        due_on=ComputedDate(on=request.due_on, explanation="", source=""),
        extended_due_on=_date(request.extended_due_on),
        extension_notice_by=None,
        due_at=request.due_at,
        is_paused=request.paused_at is not None,
    )


def _date(on: object) -> ComputedDate | None:
    return None if on is None else ComputedDate(on=on, explanation="", source="")  # type: ignore[arg-type]
