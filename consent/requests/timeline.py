"""What happened to a request: a line of its timeline, and an entry of the ledger's audit stream, together."""

from collections.abc import Mapping
from typing import Any

from consent.ledger import services as ledger
from consent.ledger.queries import get_time
from consent.ledger.types import NewEntry, Stream
from consent.requests.models import Request, RequestEvent
from consent.requests.types import Actor, EventKind

LEDGER_KIND = "request_event"


def tell(
    request: Request,
    kind: EventKind,
    *,
    actor: Actor,
    officer_id: int | None = None,
    before: str = "",
    after: str = "",
    ground: str = "",
    detail: Mapping[str, Any] | None = None,
) -> RequestEvent:
    """Write what happened, in the caller's transaction. `detail`: counts, slugs, ids, dates; no name."""
    at = get_time()
    event = RequestEvent.objects.create(
        request=request,
        kind=kind,
        at=at,
        actor=actor,
        officer_id=officer_id,
        before=before,
        after=after,
        ground=ground,
        detail=dict(detail or {}),
    )
    body = {
        "request": request.reference,
        "what": kind.value,
        "actor": actor.value,
        "officer": officer_id,
        "before": before,
        "after": after,
        "ground": ground,
        "detail": dict(detail or {}),
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(LEDGER_KIND, body)], recorded_at=at)
    return event
