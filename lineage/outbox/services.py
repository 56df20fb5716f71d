"""Writes of the outbox: an event enters with the fact that it describes, and leaves in the order of its run.

The row is the truth. Nothing here needs a broker: Celery's schedule runs `lineage.emit_pending` every few
seconds, and a command that wants its events out at once calls `emit_pending` itself, after its transaction.

What a crash loses: before the commit of `enqueue`, fact and event together; afterwards nothing. Between
emitting and marking, the event is emitted once more when its lease is over, byte for byte the same, with the
same id.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum, auto
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from openlineage.client.client import Event
from openlineage.client.transport import Transport

from lineage.errors import LineageError
from lineage.events.types import EventType
from lineage.leases.claiming import back_off, claim, end, put_off, storable
from lineage.outbox.models import OutboxEvent
from lineage.outbox.queries import count_pending
from lineage.outbox.rules import EventOutOfOrder, InvalidEvent, check_order, read_key
from lineage.outbox.transports import make_transport
from lineage.outbox.types import EmitReport, EventKey

__all__ = ["EventOutOfOrder", "InvalidEvent", "NotInTransaction", "emit_pending", "enqueue"]

_LEASE = timedelta(minutes=2)  # longer than a transport waits for an answer
_FIRST_DELAY = timedelta(seconds=5)
_LONGEST_DELAY = timedelta(minutes=15)


class NotInTransaction(LineageError):
    """An event was enqueued outside of the transaction of the fact it describes."""

    code = "not_in_transaction"


class _Outcome(Enum):
    EMITTED = auto()
    PARKED = auto()
    FAILED = auto()
    LOST = auto()


def enqueue(*, event: Mapping[str, Any]) -> UUID:
    """Store a run event made by `lineage.events.builders`, and return its id.

    Call it in the transaction that writes the fact: both commit, or neither.

    :raises NotInTransaction: if no transaction is open.
    :raises InvalidEvent: if the event violates a schema; the message names each path.
    :raises EventOutOfOrder: if the run has not started, or has had this event or its end already.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction("call enqueue inside transaction.atomic(), with the fact's own write")
    key = read_key(event)
    earlier = OutboxEvent.objects.of_run(key.run_id).order_by("sequence", "pk")
    types = [EventType(value) for value in earlier.values_list("event_type", flat=True)]
    check_order(types, key.event_type)
    _insert(key, sequence=len(types) + 1, event=event)
    return key.event_id


def _insert(key: EventKey, *, sequence: int, event: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic():
            OutboxEvent.objects.create(
                event_id=key.event_id,
                run_id=key.run_id,
                sequence=sequence,
                event_type=key.event_type,
                payload=event,
            )
    except IntegrityError as error:  # another writer of the same run came first
        raise EventOutOfOrder("the run has had this event, or its end, already") from error


def emit_pending(*, limit: int, transport: Transport | None = None) -> EmitReport:
    """Emit up to `limit` due events, each run's in order, by the settings' transport or the given one.

    Any number of processes may do so at once: an event is leased before it is emitted, and marked only by who
    leased it last. No transaction is open meanwhile, so call it outside of any. After a failed delivery the
    call ends, as the fault is the backend's more likely than the event's; the event waits longer each time,
    for ever. An event that is no longer valid is parked, and holds back the rest of its run.
    """
    transport = transport or make_transport(settings)
    outcomes: Counter[_Outcome | None] = Counter()
    for _ in range(limit):
        outcome = _emit_next(transport)
        outcomes[outcome] += 1
        if outcome in {None, _Outcome.FAILED}:
            break
    return EmitReport(
        emitted=outcomes[_Outcome.EMITTED], waiting=count_pending(), parked=outcomes[_Outcome.PARKED]
    )


def _emit_next(transport: Transport) -> _Outcome | None:
    """Lease, emit and mark the first due event; return None if there is none."""
    with transaction.atomic(durable=True):
        claimed = claim(OutboxEvent.objects.in_turn(), limit=1, lease=_LEASE)
    return _emit(claimed[0], transport) if claimed else None


def _emit(event: OutboxEvent, transport: Transport) -> _Outcome:
    try:
        read_key(event.payload)
        # The client's serialiser takes a dict as it is; its classes could not be filled from one.
        transport.emit(cast("Event", event.payload))
    except InvalidEvent as error:
        is_ours = end(event, parked_at=Now(), last_error=storable(_describe(error)))
        outcome = _Outcome.PARKED
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, the event was not delivered
        delay = back_off(event.attempts, first=_FIRST_DELAY, longest=_LONGEST_DELAY)
        is_ours = put_off(event, error=_describe(error), delay=delay)
        outcome = _Outcome.FAILED
    else:
        is_ours = end(event, emitted_at=Now(), last_error="")
        outcome = _Outcome.EMITTED
    return outcome if is_ours else _Outcome.LOST


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
