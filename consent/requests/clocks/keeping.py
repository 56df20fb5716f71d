"""The dates of a request, as its row holds them."""

from consent.policies.queries import get_clocks
from consent.requests.clocks.rules import compute_deadlines
from consent.requests.clocks.timed import list_clock_events
from consent.requests.clocks.types import Deadlines
from consent.requests.clocks.zones import day_of, zone_of
from consent.requests.models import Request
from consent.requests.types import RequestType


def read_deadlines(request: Request) -> Deadlines:
    """Return the request's dates by the law that its jurisdiction had on the day of receipt."""
    received_on = day_of(request.received_at, zone_of(request.jurisdiction))
    return compute_deadlines(
        get_clocks(at=received_on),
        jurisdiction=request.jurisdiction,
        type=RequestType(request.type),
        received_at=request.received_at,
        events=list_clock_events(request),
    )


def refresh_deadlines(request: Request) -> None:
    """Set the request's dates by the law of its jurisdiction; the caller saves the row.

    A clock that stands still is dated as if it had gone on at once. So the row stays true while it stands:
    what is left to a paused request is `due_at` less `paused_at`, and that does not change.
    """
    dates = read_deadlines(request)
    request.zone = dates.zone
    request.acknowledge_by = dates.acknowledge_by.on if dates.acknowledge_by else None
    request.due_on = dates.due_on.on
    request.extended_due_on = dates.extended_due_on.on if dates.extended_due_on else None
    request.due_at = dates.due_at
