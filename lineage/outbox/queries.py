"""Reads of the outbox."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Greatest, Now

from lineage.events.types import EventType
from lineage.outbox.models import OutboxEvent
from lineage.outbox.types import EventState, OutboxEntry


def list_events(*, run_id: UUID) -> list[OutboxEntry]:
    """Return the run's events in the order they happened."""
    rows = OutboxEvent.objects.of_run(run_id).order_by("sequence", "pk")
    return [_entry(row) for row in rows]


def count_pending() -> int:
    """Return how many events wait to be emitted; parked ones do not count."""
    return OutboxEvent.objects.in_state(EventState.PENDING).count()


def get_longest_wait() -> timedelta | None:
    """Return for how long the first event in turn could have been emitted; None if none is due."""
    since = Greatest("created_at", "next_attempt_at", "leased_until")  # PostgreSQL passes nulls by
    first = OutboxEvent.objects.in_turn().due().annotate(since=since)
    wait: timedelta | None = first.values_list(Now() - F("since"), flat=True).first()
    return wait


def _entry(row: OutboxEvent) -> OutboxEntry:
    return OutboxEntry(
        event_id=row.event_id,
        run_id=row.run_id,
        sequence=row.sequence,
        event_type=EventType(row.event_type),
        payload=row.payload,
        state=row.state,
        created_at=row.created_at,
        emitted_at=row.emitted_at,
        attempts=row.attempts,
        last_error=row.last_error,
    )
