"""Why a request is due when it is, and what would be if."""

from collections.abc import Sequence
from datetime import datetime

from consent.policies.queries import get_clocks
from consent.requests.clocks.keeping import read_deadlines
from consent.requests.clocks.rules import compute_deadlines
from consent.requests.clocks.types import ClockEvent, Deadlines
from consent.requests.clocks.zones import day_of, zone_of
from consent.requests.models import Request
from consent.requests.types import RequestType


def explain_request(request: Request) -> Deadlines:
    """Return the request's dates, each with its sentence and its source. Two statements."""
    return read_deadlines(request)


def explain_deadline(
    *,
    jurisdiction: str,
    type: RequestType,  # noqa: A002 - the word that requests use
    received_at: datetime,
    events: Sequence[ClockEvent] = (),
) -> Deadlines:
    """Return the dates of a request that is only thought of."""
    law = get_clocks(at=day_of(received_at, zone_of(jurisdiction)))
    return compute_deadlines(
        law, jurisdiction=jurisdiction, type=type, received_at=received_at, events=events
    )
