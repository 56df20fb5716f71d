"""Reads of the outbox."""

from uuid import UUID

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
