"""Forgetting old runs: first the ledger keeps what they were known by, then row and evidence go."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from activation.enforcement.files import RunFiles
from activation.enforcement.locks import try_lock, unlock
from activation.enforcement.models import EnforcementRun
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339

logger = logging.getLogger(__name__)


def count_old_runs(*, at: datetime) -> int:
    """Return how many runs ended longer ago than runs are kept (`RUNS_KEPT`)."""
    if settings.RUNS_KEPT is None:
        return 0
    return EnforcementRun.objects.finished_before(at - settings.RUNS_KEPT).count()


@transaction.atomic
def forget_runs(*, at: datetime, limit: int = 500) -> int:
    """Delete the oldest runs past their time, with their evidence files, and return how many.

    Call it until it returns 0. The audit stream keeps each run's id and manifest digest, so that a manifest
    that somebody holds is still known as ours. Outputs and manifests are the operator's, and stay. A run
    whose evidence cannot be removed stays too; a file on another machine is not seen, and stays there.
    """
    if settings.RUNS_KEPT is None:
        return 0
    before = at - settings.RUNS_KEPT
    old = EnforcementRun.objects.select_for_update(skip_locked=True).finished_before(before)
    runs = [run for run in old.order_by("finished_at", "pk")[:limit] if _forget_files(run)]
    if not runs:
        return 0
    body = {
        "before": rfc3339(before),
        "runs": [{"run_id": str(run.pk), "manifest_digest": run.manifest_digest or None} for run in runs],
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry("runs_forgotten", body)])
    EnforcementRun.objects.filter(pk__in=[run.pk for run in runs]).delete()
    return len(runs)


def _forget_files(run: EnforcementRun) -> bool:
    """Remove the run's evidence, unless a run writes to its output just now; return whether that is done."""
    if not try_lock(run.output):
        return False
    try:
        gone = RunFiles(Path(run.output), run.pk, Path(settings.MEMBERS)).forget_evidence(run.manifest_digest)
    finally:
        unlock(run.output)
    if not gone:
        logger.warning("run %s: its evidence file could not be removed", run.pk)
    return gone
