"""Writes of the graph: events enter, and go when they are old.

An event from outside is taken in when its row is committed. It enters the graph in the background, as do
events that the outbox hands over. Two events that tell the same are one.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from lineage.facets.receiving import check_received
from lineage.graph.declaring import acknowledge_path, declare_dataset, set_boundary
from lineage.graph.errors import EventRefused, InvalidEvent
from lineage.graph.loading import admit, load_batch, take_emitted
from lineage.graph.models import Run, WaitingEvent
from lineage.graph.rules.facts import Facts
from lineage.graph.rules.reading import read_facts, refuse_ours, write_time
from lineage.graph.types import Origin
from lineage.leases.waking import wake

__all__ = [
    "EventRefused",
    "acknowledge_path",
    "declare_dataset",
    "forget_runs",
    "load",
    "receive",
    "receive_many",
    "retry_parked",
    "set_boundary",
]
_EARLY = timedelta(days=1)
"""How far ahead of ours a sender's clock may be: a time far ahead would stand above all that comes later."""

_BATCH = 500
_WAKE_EVERY = 1.0  # seconds, in one process
_next_wake = [0.0]
_FORGOTTEN_AT_ONCE = 1000


def receive(*, event: Mapping[str, Any], at: datetime) -> None:
    """Take in an event from outside; once it returns and the transaction commits, it is not lost.

    :raises InvalidEvent: if it is none that OpenLineage knows, or holds a name that is too long.
    :raises ReservedNamespace: if it claims to be one of ours.
    """
    [refusal] = receive_many(events=[event], at=at)
    if refusal:
        raise refusal


def receive_many(*, events: Sequence[object], at: datetime) -> list[EventRefused | None]:
    """Take in what is valid of `events`, and return for each why it was not taken in, or None."""
    refusals: list[EventRefused | None] = []
    taken: list[Facts] = []
    for event in events:
        try:
            taken.append(_read_received(event, at))
            refusals.append(None)
        except EventRefused as refusal:
            refusals.append(refusal)
    if taken:
        admit(taken)
        transaction.on_commit(_wake)
    return refusals


def _wake() -> None:
    """Wake a worker, but not for each of a thousand events a second; the schedule looks for the last ones."""
    now = time.monotonic()
    if now >= _next_wake[0]:
        _next_wake[0] = now + _WAKE_EVERY
        wake("lineage.load_graph")


def _read_received(event: Any, at: datetime) -> Facts:
    if faults := check_received(event):
        raise InvalidEvent(faults)
    refuse_ours(event)
    facts = read_facts(event, origin=Origin.RECEIVED)
    if facts.at > write_time(at + _EARLY):
        raise InvalidEvent(["$.eventTime: lies in the future"])
    return facts


def load(*, limit: int) -> int:
    """Have waiting events enter the graph, up to `limit` of ours and `limit` of others; return how many did.

    Safe to run twice and in several processes at once.
    """
    taken = done = 0
    while taken < limit and (count := take_emitted(min(_BATCH, limit - taken))):
        taken += count
    while done < limit and (count := load_batch(min(_BATCH, limit - done))):
        done += count
    return done


def retry_parked() -> int:
    """Have parked events be tried again, and return how many."""
    return WaitingEvent.objects.filter(parked_at__isnull=False).update(parked_at=None, error="")


def forget_runs(*, before: datetime) -> int:
    """Forget runs that were last told of before that time, and return how many. Flows stay."""
    forgotten = 0
    while count := _forget_some(before):
        forgotten += count
    return forgotten


@transaction.atomic
def _forget_some(before: datetime) -> int:
    old = Run.objects.filter(last_seen_at__lt=before).order_by("pk").select_for_update(skip_locked=True)
    keys = [run.pk for run in old.only("pk")[:_FORGOTTEN_AT_ONCE]]
    Run.objects.filter(pk__in=keys).delete()
    return len(keys)
