"""Reads of the outbox."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef
from django.db.models.functions import Greatest, Now

from lineage.events.types import EventType
from lineage.outbox.models import Backend, Delivery, OutboxEvent
from lineage.outbox.transports.names import list_names
from lineage.outbox.types import DeliveryEntry, EventState, OutboxEntry, TransportFigures


def list_events(*, run_id: UUID) -> list[OutboxEntry]:
    """Return the run's events in the order they happened, each with what became of it at each transport."""
    rows = OutboxEvent.objects.of_run(run_id).order_by("sequence", "pk")
    deliveries: dict[int, list[Delivery]] = {}
    for delivery in Delivery.objects.filter(event__in=rows).order_by("transport", "pk"):
        deliveries.setdefault(delivery.event_id, []).append(delivery)
    return [as_entry(row, deliveries.get(row.pk, ())) for row in rows]


def list_unfinished(*, older_than: timedelta, limit: int = 1000) -> list[OutboxEntry]:
    """Return the START of each run that was told of longer ago, and has no ending; the oldest first."""
    ending = OutboxEvent.objects.endings().filter(run_id=OuterRef("run_id"))
    begun = OutboxEvent.objects.filter(event_type=EventType.START, created_at__lt=Now() - older_than)
    return [as_entry(row) for row in begun.filter(~Exists(ending)).order_by("created_at", "pk")[:limit]]


def count_pending(*, transport: str | None = None) -> int:
    """Return how many events wait, each once for each configured transport; parked ones do not count."""
    names = list_names(settings) if transport is None else [transport]
    return Delivery.objects.in_state(EventState.PENDING).filter(transport__in=names).count()


def get_longest_wait() -> timedelta | None:
    """Return for how long the first event in turn could have been emitted; None if none is due.

    Nothing is due at a transport that rests because its backend does not take what it is sent.
    """
    waits = [wait for name in list_due() if (wait := _get_wait(name)) is not None]
    return max(waits, default=None)


def list_transports() -> list[TransportFigures]:
    """Return how each transport is that the settings name, or that something waits for, by name."""
    pending, parked = (Delivery.objects.in_state(state) for state in (EventState.PENDING, EventState.PARKED))
    waits = {
        name: (count, wait)
        for name, count, wait in pending.order_by()
        .values_list("transport")
        .annotate(count=Count("pk"), wait=Now() - Min("waiting_since"))
    }
    refused = dict(parked.order_by().values_list("transport").annotate(count=Count("pk")))
    known = {row.transport: row for row in Backend.objects.order_by("pk")}
    configured = list_names(settings)
    return [
        TransportFigures(
            transport=name,
            is_configured=name in configured,
            pending=waits.get(name, (0, None))[0],
            parked=refused.get(name, 0),
            oldest_wait=waits.get(name, (0, None))[1],
            failing_since=known[name].failing_since if name in known else None,
            last_error=known[name].last_error if name in known else "",
        )
        for name in sorted({*configured, *waits, *refused, *known})
    ]


def list_due() -> list[str]:
    """Return the configured transports that do not rest, by name."""
    resting = Backend.objects.filter(rests_until__gt=Now())
    held_back = set(resting.order_by("pk").values_list("transport", flat=True))
    return [name for name in list_names(settings) if name not in held_back]


def _get_wait(transport: str) -> timedelta | None:
    since = Greatest("waiting_since", "next_attempt_at", "leased_until")  # PostgreSQL passes nulls by
    first = Delivery.objects.at(transport).in_turn().due().annotate(since=since)
    wait: timedelta | None = first.values_list(Now() - F("since"), flat=True).first()
    return wait


def as_entry(row: OutboxEvent, deliveries: Iterable[Delivery] = ()) -> OutboxEntry:
    """Return the row as a value."""
    return OutboxEntry(
        event_id=row.event_id,
        run_id=row.run_id,
        sequence=row.sequence,
        event_type=EventType(row.event_type),
        payload=row.payload,
        created_at=row.created_at,
        deliveries=tuple(_as_delivery(delivery) for delivery in deliveries),
    )


def _as_delivery(row: Delivery) -> DeliveryEntry:
    return DeliveryEntry(
        transport=row.transport,
        state=row.state,
        emitted_at=row.emitted_at,
        attempts=row.attempts,
        failures=row.failures,
        last_error=row.last_error,
    )
