"""The run's row, step by step: waiting, running, and then one end."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import transaction
from django.db.models.functions import Now

from activation.desk.models import AudienceMember, SimulationRun
from activation.desk.types import RunStatus
from activation.desk.watch import try_lock, unlock
from consent.kernel.errors import AccordantError
from consent.policies import services as policies

logger = logging.getLogger(__name__)

_LONGEST_ERROR = 1000
ONLY_AN_AUDIENCE = "not attached to the draft: only a list was looked at; simulate all subjects for that"


class RunTakenOver(AccordantError):
    """Another process found this run dead and closed it, so it has no figures any more."""

    code = "simulation_taken_over"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a simulation came to, ready to be written."""

    baseline_version: int
    baseline_digest: str
    watermark: int
    figures: Mapping[str, Any]
    figures_digest: str
    sample: Sequence[Mapping[str, str]]


def claim(run_id: UUID, *, at: datetime) -> SimulationRun | None:
    """Begin a waiting run, and return it; None if it does not wait any more. Hold its lock before."""
    claimed = SimulationRun.objects.waiting().filter(pk=run_id)
    if not claimed.update(status=RunStatus.RUNNING, started_at=Now(), decided_at=at):
        return None
    return SimulationRun.objects.get(pk=run_id)


def tell_progress(run_id: UUID, *, done: int, total: int) -> None:
    """Write how many subjects are done, of how many."""
    SimulationRun.objects.running().filter(pk=run_id).update(subjects_done=done, subjects_total=total)


@transaction.atomic
def complete(run: SimulationRun, outcome: Outcome, *, total: int, at: datetime) -> None:
    """Write the figures, and give them to the draft if it is still the one they are of.

    :raises RunTakenOver: if the run is not running any more: then nothing is written.
    """
    finished = _finish(
        run,
        RunStatus.COMPLETED,
        subjects_done=total,
        subjects_total=total,
        baseline_version=outcome.baseline_version,
        baseline_digest=outcome.baseline_digest,
        watermark=outcome.watermark,
        figures=outcome.figures,
        figures_digest=outcome.figures_digest,
        sample=outcome.sample,
    )
    if not finished:
        raise RunTakenOver("another process closed this simulation: simulate again")
    refused = ONLY_AN_AUDIENCE if run.audience else _attach(run, outcome, at)
    attached_at = None if refused else Now()
    SimulationRun.objects.filter(pk=run.pk).update(attached_at=attached_at, error=refused[:_LONGEST_ERROR])


def _attach(run: SimulationRun, outcome: Outcome, at: datetime) -> str:
    """Give the draft its figures, and return why it does not take them; nothing if it does."""
    try:
        with transaction.atomic():
            policies.attach_simulation(
                version_id=run.version_id,
                draft_digest=run.draft_digest,
                figures=outcome.figures,
                at=at,
                officer_id=run.officer_id,
            )
    except AccordantError as refusal:
        return f"not attached to the draft: {refusal}"
    return ""


def fail(run: SimulationRun, error: BaseException) -> None:
    """Record why the run has no figures, as far as the database can be reached.

    A run that cannot be recorded stays `running`, and whoever looks next closes it.
    """
    message = str(error) if isinstance(error, AccordantError) else type(error).__name__
    try:
        _finish(run, RunStatus.FAILED, error=message[:_LONGEST_ERROR])
    except DatabaseFault as unreachable:
        logger.warning("simulation %s: failure not recorded (%s)", run.pk, type(unreachable).__name__)


def close_dead_runs() -> None:
    """Close every run whose process died: nothing of it is kept but how far it came."""
    for run in SimulationRun.objects.running().order_by("requested_at", "pk"):
        if not try_lock(run.pk):
            continue
        try:
            _finish(run, RunStatus.ABANDONED, error="its process ended before it was done: simulate again")
        finally:
            unlock(run.pk)


@transaction.atomic
def forget_runs(*, at: datetime, limit: int = 500) -> int:
    """Delete the oldest runs past their time (`RUNS_KEPT`), with their samples, and return how many.

    Call it until it returns 0. Figures that were attached stay with the draft.
    """
    if settings.RUNS_KEPT is None:
        return 0
    old = SimulationRun.objects.select_for_update(skip_locked=True).finished_before(at - settings.RUNS_KEPT)
    runs = list(old.order_by("finished_at", "pk").values_list("pk", flat=True)[:limit])
    SimulationRun.objects.filter(pk__in=runs).delete()
    return len(runs)


@transaction.atomic
def _finish(run: SimulationRun, status: RunStatus, **changes: object) -> bool:
    """End the run, forget its audience, and return whether it was this call that ended it."""
    ended = SimulationRun.objects.running().filter(pk=run.pk)
    if not ended.update(status=status, finished_at=Now(), **changes):
        return False
    AudienceMember.objects.filter(run=run.pk).delete()
    return True
