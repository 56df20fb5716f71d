"""Writes of the outbox: an event enters with the fact that it describes, and leaves in the order of its run.

The rows are the truth: one for the event, and one for its way to each transport and to each reader. Nothing
here needs a broker: Celery's schedule runs `lineage.emit_pending` every few seconds, and a command that wants
its events out at once calls `emit_pending` itself, after its transaction.

What a crash loses: before the commit of `enqueue`, fact and event together; afterwards nothing. Between
emitting and marking, the event is emitted once more when its lease is over, byte for byte the same, with the
same id.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from lineage.errors import LineageError
from lineage.events.types import EventType
from lineage.outbox.emission import emit_pending
from lineage.outbox.models import Delivery, OutboxEvent, Unread
from lineage.outbox.queries import as_entry
from lineage.outbox.replaying import ReplayProgress, TransportUnknown, replay, send_again
from lineage.outbox.retention import forget_emitted
from lineage.outbox.rules import EventOutOfOrder, check_order, read_key
from lineage.outbox.transports.names import list_names
from lineage.outbox.types import EventKey, OutboxEntry
from lineage.outbox.waking import wake_after_commit

__all__ = [
    "NotInTransaction",
    "ReplayProgress",
    "TransportUnknown",
    "emit_pending",
    "enqueue",
    "forget_emitted",
    "replay",
    "send_again",
    "take",
]


class NotInTransaction(LineageError):
    """What belongs into one transaction with something else was called outside of any."""

    code = "not_in_transaction"


def enqueue(*, event: Mapping[str, Any]) -> UUID:
    """Store a run event made by `lineage.events.builders`, and return its id.

    Call it in the transaction that writes the fact: both commit, or neither. It waits from then on for each
    transport and each reader that the settings name.

    :raises NotInTransaction: if no transaction is open.
    :raises InvalidEvent: if the event violates a schema; the message names each path.
    :raises EventOutOfOrder: if the run has not started, or has had this event or its end already.
    """
    _insist_on_transaction("call enqueue inside transaction.atomic(), with the fact's own write")
    key = read_key(event)
    earlier = OutboxEvent.objects.of_run(key.run_id).order_by("sequence", "pk")
    types = [EventType(value) for value in earlier.values_list("event_type", flat=True)]
    check_order(types, key.event_type)
    _insert(key, sequence=len(types) + 1, event=event)
    wake_after_commit()
    return key.event_id


def take(*, reader: str, limit: int) -> list[OutboxEntry]:
    """Return up to `limit` events that `reader` has not read, and count them as read.

    Call it in the transaction that writes what is made of them: rolled back, it leaves them unread.
    Events of a run come in their order, each once. Any number of workers may take at once: none waits for
    another, and while one has an event of a run, no other gets a later one.

    :raises NotInTransaction: if no transaction is open.
    """
    _insist_on_transaction("call take inside transaction.atomic(), with what is made of the events")
    taken: list[Unread] = []
    while len(taken) < limit:  # a round takes one event of each run, and makes room for the next one
        first = Unread.objects.in_turn(reader).select_for_update(skip_locked=True, of=("self",))
        rows = list(first.select_related("event")[: limit - len(taken)])
        if not rows:
            break
        Unread.objects.filter(pk__in=[row.pk for row in rows]).delete()
        taken += rows
    return [as_entry(row.event) for row in taken]


def _insist_on_transaction(message: str) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(message)


def _insert(key: EventKey, *, sequence: int, event: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic():
            row = OutboxEvent.objects.create(
                event_id=key.event_id,
                run_id=key.run_id,
                sequence=sequence,
                event_type=key.event_type,
                payload=event,
            )
    except IntegrityError as error:  # another writer of the same run came first
        raise EventOutOfOrder("the run has had this event, or its end, already") from error
    place = {"event": row, "run_id": key.run_id, "sequence": sequence}
    Delivery.objects.bulk_create(Delivery(transport=name, **place) for name in list_names(settings))
    Unread.objects.bulk_create(Unread(reader=name, **place) for name in settings.LINEAGE_READERS)
