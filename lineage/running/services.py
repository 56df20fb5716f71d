"""Telling of runs so that each has one START and one ending, however its process ends.

Three ways, by how long a run lasts:

- It is done within one transaction: `tell_done`.
- It is a row that others carry on when a process dies, such as a parcel: `lineage.outbox.services.enqueue` in
  the transactions in which the row begins and ends. There is nothing to find.
- It lasts, and dies with its process: `begin`, `keep` and an ending. Whoever is silent for longer than it
  said is taken for dead, and `close_dead_runs` ends its run with what it said last.

A process that only hung learns from `keep`, or from the ending, that its run was ended meanwhile; what it
does from there on is another run. All that is told goes in with the caller's transaction, or not at all.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from lineage.errors import LineageError
from lineage.events import builders
from lineage.events.types import RunDescription
from lineage.leases.rows import from_now
from lineage.outbox import services as outbox
from lineage.running.models import OpenRun

logger = logging.getLogger(__name__)
_RESTS = timedelta(hours=1)


def tell_done(*, run: RunDescription, at: datetime) -> None:
    """Tell of a run that its caller's transaction does as a whole: START and COMPLETE.

    :raises NotInTransaction, InvalidEvent: as `lineage.outbox.services.enqueue` does; so do those below.
    """
    outbox.enqueue(event=builders.start(run, at=at))
    outbox.enqueue(event=builders.complete(run, at=at))


def begin(*, run: RunDescription, at: datetime, silence: timedelta) -> None:
    """Tell that `run` began. It is taken for dead once it is silent for longer than `silence`."""
    event = builders.start(run, at=at)
    outbox.enqueue(event=event)
    OpenRun.objects.create(run_id=run.run_id, alive_until=from_now(silence), last_words=event)


def keep(*, run: RunDescription, at: datetime, silence: timedelta) -> bool:
    """Say that `run` lives and how far it is; return False if it has been ended since."""
    row = OpenRun.objects.filter(pk=run.run_id)
    last_words = builders.abort(run, at=at)
    return bool(row.update(alive_until=from_now(silence), last_words=last_words))


def complete(*, run: RunDescription, at: datetime) -> bool:
    """Tell that `run` finished its work; return False if it has been ended before."""
    return _end(run.run_id, builders.complete(run, at=at))


def fail(*, run: RunDescription, at: datetime, message: str) -> bool:
    """Tell that `run` failed, as `builders.fail`; return False if it has been ended before."""
    return _end(run.run_id, builders.fail(run, at=at, message=message))


def abort(*, run: RunDescription, at: datetime) -> bool:
    """Tell that `run` was stopped from outside; return False if it has been ended before."""
    return _end(run.run_id, builders.abort(run, at=at))


def close_dead_runs(*, limit: int = 1000) -> int:
    """End up to `limit` runs that are silent for too long with ABORT, and return how many.

    Any number of processes may do so at once, beside the runs themselves: who ends a run deletes its row.
    """
    closed = 0
    while closed < limit and _close_one():
        closed += 1
    return closed


def _end(run_id: UUID, event: Mapping[str, Any]) -> bool:
    """Tell of the end, if the run is still open: its row decides who of several may."""
    deleted, _ = OpenRun.objects.filter(pk=run_id).delete()
    if deleted:
        outbox.enqueue(event=event)
    return bool(deleted)


@transaction.atomic
def _close_one() -> bool:
    silent = OpenRun.objects.filter(alive_until__lt=Now()).annotate(found_at=Now())
    dead = silent.order_by("alive_until", "pk").select_for_update(skip_locked=True).first()
    if dead is None:
        return False
    try:
        with transaction.atomic():
            _end(dead.run_id, builders.abort_dead(dead.last_words, at=vars(dead)["found_at"]))
    except (LineageError, KeyError) as error:  # an older version wrote it: it must not stop the others
        logger.error("run %s cannot be ended: %s", dead.run_id, type(error).__name__)  # noqa: TRY400 - as above
        OpenRun.objects.filter(pk=dead.run_id).update(alive_until=from_now(_RESTS))
    return True
