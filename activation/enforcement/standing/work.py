"""The row of something a worker carries out, step by step: queued, running, and then one end.

Whoever carries it out holds its lock on a connection of its own. So a running row whose lock is free was
left by a dead process, and is taken up again.
"""

from collections.abc import Mapping
from time import monotonic

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from activation.enforcement.beside import Watch
from activation.enforcement.standing.models import DriftReport, RunOrder
from activation.enforcement.standing.types import WorkStatus
from consent.kernel.errors import AccordantError

MOST_ATTEMPTS = 3
_SECONDS_BETWEEN = 1.0
_LONGEST_ERROR = 500

AnyWork = RunOrder | DriftReport


class WorkTakenOver(AccordantError):
    """Another worker took this up, because the connection that held its lock was lost."""

    code = "work_taken_over"
    status = 409


class WorkStopped(AccordantError):
    """Somebody asked for this to stop."""

    code = "work_stopped"
    status = 409


def claim(work: AnyWork) -> bool:
    """Begin what waits, or what a dead process left, and return whether it is begun. Hold its lock before."""
    unfinished = type(work).objects.unfinished().filter(pk=work.pk)
    if unfinished.filter(attempt__gte=MOST_ATTEMPTS).exists():
        finish(work, WorkStatus.FAILED, error=f"its process ended {MOST_ATTEMPTS} times before it was done")
        return False
    if unfinished.filter(stop_asked_at__isnull=False).exists():
        finish(work, WorkStatus.CANCELLED)
        return False
    try:
        with transaction.atomic():
            begun = unfinished.update(
                status=WorkStatus.RUNNING, started_at=Now(), attempt=F("attempt") + 1, rows_done=0
            )
    except IntegrityError:  # a dead process left another of this audience's: that one comes first
        return False
    work.refresh_from_db()
    return bool(begun)


def finish(work: AnyWork, status: WorkStatus, **changes: object) -> bool:
    """End it, and return whether it was this call that ended it."""
    if isinstance(error := changes.get("error"), str):
        changes["error"] = error[:_LONGEST_ERROR]
    ended = type(work).objects.unfinished().filter(pk=work.pk, attempt=work.attempt)
    return bool(ended.update(status=status, finished_at=Now(), **changes))


class Telling:
    """Called with the rows done so far: writes them down, at most once a second, and looks for a stop."""

    def __init__(self, work: AnyWork, watch: Watch) -> None:
        self._work, self._watch = work, watch
        self._next = 0.0

    def __call__(self, rows: int, **changes: object) -> None:
        """Tell how far the work is.

        :raises WorkStopped: if somebody asked for it to stop.
        :raises WorkTakenOver: if another worker took it up.
        """
        if monotonic() >= self._next:
            self._watch.do(lambda: self._tell({"rows_done": rows, **changes}))
            self._next = monotonic() + _SECONDS_BETWEEN

    def _tell(self, changes: Mapping[str, object]) -> None:
        ours = type(self._work).objects.running().filter(pk=self._work.pk, attempt=self._work.attempt)
        if not ours.update(**changes):
            raise WorkTakenOver("another worker took this up: it goes on there")
        if ours.filter(stop_asked_at__isnull=False).exists():
            raise WorkStopped("somebody asked for it to stop, so nothing was delivered")
