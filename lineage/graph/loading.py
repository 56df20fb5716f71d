"""Events on their way into the graph: rows that wait, taken in batches by any number of workers.

A batch is one transaction: what is read, what the graph learns and what goes from the queue commit together.
Nothing happens outside the database, so no lease is needed: the rows are locked meanwhile, and others pass
them by. One event that cannot enter is parked with the class of its error, and the others go on.
"""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from django.db import Error as DatabaseFault
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from lineage.errors import LineageError
from lineage.graph.models import WaitingEvent
from lineage.graph.projecting import project
from lineage.graph.rules.facts import Facts, digest_of, pack, unpack
from lineage.graph.rules.reading import read_facts
from lineage.graph.types import Origin
from lineage.outbox import services as outbox
from lineage.outbox.types import OutboxEntry

READER = "graph"

_EVENT_FAULTS = (DatabaseFault, msgspec.MsgspecError, ArithmeticError, LookupError, TypeError, ValueError)
_LONGEST_ERROR = 200


def admit(facts: Iterable[Facts]) -> None:
    """Have the events wait for the graph; one that waits already, once."""
    packed = {digest_of(one): (told.origin, one) for told in facts for one in [pack(told)]}
    rows = [
        WaitingEvent(digest=digest, origin=origin.value, facts=one.decode())
        for digest, (origin, one) in sorted(packed.items())  # so that no two that admit wait for each other
    ]
    WaitingEvent.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def take_emitted(limit: int) -> int:
    """Have up to `limit` events that the outbox hands over wait for the graph; return how many there were."""
    entries = outbox.take(reader=READER, limit=limit)
    admit(facts for entry in entries if (facts := _read_emitted(entry)))
    return len(entries)


def _read_emitted(entry: OutboxEntry) -> Facts | None:
    """Return what the graph keeps of an event of ours; one that cannot be read is parked."""
    try:
        return read_facts(entry.payload, origin=Origin.EMITTED)
    except (LineageError, *_EVENT_FAULTS) as fault:
        WaitingEvent.objects.create(
            digest=hashlib.sha256(entry.event_id.bytes).digest(),
            origin=Origin.EMITTED.value,
            facts="",
            parked_at=Now(),
            error=type(fault).__name__[:_LONGEST_ERROR],
        )
        return None


@transaction.atomic
def load_batch(limit: int) -> int:
    """Have up to `limit` of the waiting events enter the graph, and return how many were looked at."""
    waiting = WaitingEvent.objects.filter(parked_at__isnull=True).order_by("pk")
    taken = list(waiting.select_for_update(skip_locked=True)[:limit])
    try:
        _enter(taken)
    except _EVENT_FAULTS as fault:
        _refuse_outage(fault)
        for one in taken:
            _enter_alone(one)
    return len(taken)


def _enter_alone(event: WaitingEvent) -> None:
    try:
        _enter([event])
    except _EVENT_FAULTS as fault:
        _refuse_outage(fault)
        park(event, fault)


def park(event: WaitingEvent, fault: Exception) -> None:
    """Have the event stay as it is, with the class of what went wrong: the text may hold what was sent."""
    error = type(fault).__name__[:_LONGEST_ERROR]
    WaitingEvent.objects.filter(pk=event.pk).update(parked_at=Now(), error=error)


def _enter(events: Sequence[WaitingEvent]) -> None:
    with transaction.atomic():
        project([unpack(event.facts) for event in events])
        WaitingEvent.objects.filter(pk__in=[event.pk for event in events]).delete()


def _refuse_outage(fault: Exception) -> None:
    """What the database cannot do now is no fault of an event: all of it stays and is tried again."""
    if isinstance(fault, OperationalError | InterfaceError):
        raise fault
