"""What moved the clock of a request, from its timeline."""

from datetime import date, datetime

from consent.requests.clocks.types import ClockEvent
from consent.requests.models import Request, RequestEvent
from consent.requests.types import EventKind

MOVING = (EventKind.PAUSED, EventKind.RESUMED, EventKind.EXTENDED)
AT, UNTIL = "from", "until"
"""In an event's detail: from when on it counts, and until when a clock without a number was extended."""


def list_clock_events(request: Request) -> tuple[ClockEvent, ...]:
    """Return the pauses, resumptions and extensions of a request, in their order."""
    if request._state.adding:
        return ()
    rows = RequestEvent.objects.filter(request_id=request.pk, kind__in=MOVING).order_by("at", "id")
    return tuple(_event_of(row) for row in rows)


def _event_of(row: RequestEvent) -> ClockEvent:
    since, until = row.detail.get(AT), row.detail.get(UNTIL)
    return ClockEvent(
        kind=EventKind(row.kind),
        at=datetime.fromisoformat(since) if since else row.at,
        ground=row.ground,
        until=date.fromisoformat(until) if until else None,
    )
