"""Emitting what waits: claimed in batches, sent one by one, each marked by who claimed it last.

No transaction is open while an event is on its way. A batch holds one event of each run, the first that is
not emitted, so the order of a run holds whatever becomes of the others.
"""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import timedelta
from enum import Enum, auto
from typing import cast

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from openlineage.client.client import Event
from openlineage.client.transport import Transport

from lineage.leases.claiming import back_off, claim, end, put_off, storable
from lineage.outbox import backends
from lineage.outbox.backends import Turn
from lineage.outbox.models import Delivery
from lineage.outbox.queries import count_pending
from lineage.outbox.rules import InvalidEvent, read_key
from lineage.outbox.transports.configured import opened
from lineage.outbox.transports.names import list_names
from lineage.outbox.transports.verdicts import EmissionFailed, EmissionRefused, read_verdict
from lineage.outbox.types import EmitReport

_BATCH = 50
_LEASE = timedelta(minutes=2)
_BATCH_SECONDS = 50.0  # no event is begun later; with the longest time of one, shorter than the lease
_FIRST_DELAY = timedelta(seconds=5)
_LONGEST_DELAY = timedelta(minutes=5)
_REFUSES_ALL = "it refused many events in a row: look at the settings of this transport first"


class _Outcome(Enum):
    EMITTED = auto()
    PARKED = auto()
    FAILED = auto()
    LOST = auto()


def emit_pending(
    *,
    limit: int,
    only: str | None = None,
    until: float | None = None,
    transports: Mapping[str, Transport] | None = None,
) -> EmitReport:
    """Emit up to `limit` due events to each of the settings' transports, or `only` to one, or to those given.

    Any number of processes may do so at once: an event is leased before it is emitted, and marked only by who
    leased it last. Call it outside of any transaction. An event that did not arrive waits, for as long as it
    takes; its transport rests, and the others go on. One that is refused, or no longer valid, is parked, and
    holds back the rest of its run at that transport. After `until`, by the monotonic clock, no more is sent.
    """
    names = [only] if only is not None else list(transports or list_names(settings))
    ends_at = float("inf") if until is None else until
    outcomes: Counter[_Outcome] = Counter()
    for name in names:
        opening = nullcontext(transports[name]) if transports else opened(name, settings)
        with _Emitter(name, opening, ends_at) as emitter:
            outcomes += emitter.emit(limit)
    return EmitReport(
        emitted=outcomes[_Outcome.EMITTED], waiting=count_pending(), parked=outcomes[_Outcome.PARKED]
    )


class _Emitter(ExitStack):
    """Sends to one transport what is in turn there. It is opened for the first event, closed at the end."""

    def __init__(self, name: str, opening: AbstractContextManager[Transport], ends_at: float) -> None:
        super().__init__()
        self._name = name
        self._opening = opening
        self._transport: Transport | None = None
        self._ends_at = ends_at
        self._is_well = False  # as far as this call knows
        self.outcomes: Counter[_Outcome] = Counter()

    def emit(self, limit: int) -> Counter[_Outcome]:
        """Emit up to `limit` events, and return how many came to what."""
        while (left := limit - self.outcomes.total()) > 0 and time.monotonic() < self._ends_at:
            turn = backends.enter(self._name)
            if turn is None:
                break
            batch = self._claim(1 if turn.is_trial else min(left, _BATCH))
            if not batch:
                backends.leave(self._name, turn)
                break
            if not self._emit_batch(batch, turn):
                break
        if self._is_well:
            backends.note_taken(self._name)
        return self.outcomes

    def _claim(self, limit: int) -> list[Delivery]:
        in_turn = Delivery.objects.at(self._name).in_turn().select_related("event")
        with transaction.atomic(durable=True):
            return claim(in_turn, limit=limit, lease=_LEASE)

    def _emit_batch(self, batch: list[Delivery], turn: Turn) -> bool:
        """Emit them, give back what is left if that ends early, and return whether the backend may go on."""
        ends_at = min(self._ends_at, time.monotonic() + _BATCH_SECONDS)
        waiting = list(reversed(batch))
        goes_on = True
        while waiting and goes_on and time.monotonic() < ends_at:
            goes_on = self._emit(waiting.pop(), turn)
        for delivery in waiting:
            end(delivery)
        return goes_on

    def _emit(self, delivery: Delivery, turn: Turn) -> bool:
        try:
            read_key(delivery.event.payload)
            # The client's serialiser takes a dict as it is; its classes could not be filled from one.
            self._open().emit(cast("Event", delivery.event.payload))
        except InvalidEvent as error:
            self._count(_Outcome.PARKED, is_ours=_park(delivery, f"{type(error).__name__}: {error}"))
            backends.leave(self._name, turn)  # it says nothing about the backend: another may try it
            return True
        except Exception as error:  # noqa: BLE001 - whatever a transport raises, the event was not delivered
            return self._give_up(delivery, turn, read_verdict(error))
        self._count(_Outcome.EMITTED, is_ours=end(delivery, emitted_at=Now(), last_error=""))
        if not self._is_well:
            backends.note_taken(self._name)
            self._is_well = True
        return True

    def _open(self) -> Transport:
        if self._transport is None:
            self._transport = self.enter_context(self._opening)
        return self._transport

    def _give_up(self, delivery: Delivery, turn: Turn, verdict: EmissionFailed | EmissionRefused) -> bool:
        """Park the event, or let it wait. Return whether the backend may go on."""
        self._is_well = False
        if isinstance(verdict, EmissionRefused):
            self._count(_Outcome.PARKED, is_ours=_park(delivery, str(verdict)))
            if backends.note_refused(self._name):
                backends.note_failed(self._name, turn, error=_REFUSES_ALL)
                return False
            backends.leave(self._name, turn)
            return True
        self._count(_Outcome.FAILED, is_ours=_let_wait(delivery, verdict))
        backends.note_failed(self._name, turn, error=str(verdict), asked=verdict.rest)
        return False

    def _count(self, outcome: _Outcome, *, is_ours: bool) -> None:
        self.outcomes[outcome if is_ours else _Outcome.LOST] += 1


def _park(delivery: Delivery, error: str) -> bool:
    return end(delivery, parked_at=Now(), last_error=storable(error))


def _let_wait(delivery: Delivery, verdict: EmissionFailed) -> bool:
    """Let the event wait: a while of its own if it may be what fails, else as long as its backend rests."""
    failed = {"failures": F("failures") + 1}
    if not verdict.is_of_event:
        return end(delivery, last_error=storable(str(verdict)), **failed)
    delay = back_off(delivery.failures + 1, first=_FIRST_DELAY, longest=_LONGEST_DELAY)
    return put_off(delivery, error=str(verdict), delay=delay, **failed)
