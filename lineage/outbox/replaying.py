"""Having events sent again: refused ones that an officer chose, or all to a transport that lacks them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from lineage.errors import LineageError
from lineage.outbox.models import Backend, Delivery, OutboxEvent
from lineage.outbox.transports.names import list_names
from lineage.outbox.types import EventState
from lineage.outbox.waking import wake_after_commit

_BATCH = 1000
_FRESH = {"next_attempt_at": None, "failures": 0, "last_error": ""}
_ADD = """
    INSERT INTO lineage_outbox_delivery
        (event_id, transport, run_id, sequence, failures, attempts, last_error, waiting_since)
    SELECT id, %s, run_id, sequence, 0, 0, '', now() FROM lineage_outbox_outboxevent WHERE id = ANY(%s)
    ON CONFLICT (run_id, transport, sequence) DO NOTHING
"""


class TransportUnknown(LineageError):
    """The settings name no such transport."""

    code = "transport_unknown"


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """How many events of how many wait to be sent again by now."""

    done: int
    of: int


@transaction.atomic
def send_again(*, ids: Sequence[int]) -> list[int]:
    """Let parked deliveries wait again, and those that rest be due at once; return which ones that were."""
    free = Delivery.objects.filter(pk__in=ids, emitted_at__isnull=True, leased_until__isnull=True)
    chosen = list(free.select_for_update().order_by("pk").values_list("pk", "transport"))
    parked = Delivery.objects.in_state(EventState.PARKED).filter(pk__in=[pk for pk, _ in chosen])
    parked.update(parked_at=None, waiting_since=Now(), **_FRESH)
    Delivery.objects.filter(pk__in=[pk for pk, _ in chosen]).update(next_attempt_at=None)
    names = {name for _, name in chosen}
    Backend.objects.filter(pk__in=names, rests_until__isnull=False).update(rests_until=Now())
    wake_after_commit()
    return [pk for pk, _ in chosen]


def replay(*, transport: str, since: datetime | None = None) -> Iterator[ReplayProgress]:
    """Let the events of each run that told something since then be sent to the transport, again or at last.

    Each step is committed when its progress is given. Started again, it begins anew: an event that was sent
    meanwhile is sent once more, with the same id. What was parked waits again, too.

    :raises TransportUnknown: if the settings do not name the transport.
    """
    if transport not in list_names(settings):
        raise TransportUnknown(f"the settings name no transport {transport}")
    events = _find_events(since)
    done, of = 0, events.count()
    after = 0
    while batch := list(events.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        _let_wait(transport, batch)
        after, done = batch[-1], done + len(batch)
        yield ReplayProgress(done, max(of, done))


def _find_events(since: datetime | None) -> QuerySet[OutboxEvent]:
    """Return whole runs: an ending without its START says nothing."""
    events: QuerySet[OutboxEvent] = OutboxEvent.objects.all()
    if since is None:
        return events
    return events.filter(run_id__in=events.filter(created_at__gte=since).values("run_id"))


@transaction.atomic
def _let_wait(transport: str, events: Sequence[int]) -> None:
    ended = Delivery.objects.at(transport).filter(event__in=events)
    ended.exclude(emitted_at__isnull=True, parked_at__isnull=True).update(
        emitted_at=None, parked_at=None, waiting_since=Now(), **_FRESH
    )
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [transport, list(events)])
    wake_after_commit()
