"""The run's row and its lineage events, step by step, each step in a transaction of its own.

A run is started, prepared (all is written under partial names, and its manifest's digest known), delivered
(the files get their names) and completed. So a later process can tell how far a dead one came.
"""

import logging
from datetime import datetime
from pathlib import Path

from django.db import Error as DatabaseFault
from django.db import transaction
from django.db.models.functions import Now

from activation.enforcement.deciding import Order
from activation.enforcement.files import RunFiles
from activation.enforcement.locks import try_lock, unlock
from activation.enforcement.models import EnforcementRun
from activation.obligations.plan import OutputPlan
from activation.enforcement.run_events import describe_result, describe_run
from activation.enforcement.statement import Ground
from activation.enforcement.tally import Tally
from activation.enforcement.types import RunStatus
from consent.kernel.errors import AccordantError
from lineage.events import builders
from lineage.outbox import services as outbox

logger = logging.getLogger(__name__)

_LONGEST_ERROR = 500


class RunTakenOver(AccordantError):
    """Another process found this run dead and closed it, so it must not deliver any more."""

    code = "run_taken_over"
    status = 409


@transaction.atomic
def start(order: Order, files: RunFiles) -> EnforcementRun:
    """Create the run's row, and tell lineage that it began."""
    run = EnforcementRun.objects.create(
        id=files.run_id,
        purpose=order.question.purpose,
        destination=order.question.destination,
        controller=order.question.controller,
        decided_at=order.at,
        input=str(order.audience.path),
        output=str(files.output),
    )
    run.refresh_from_db()
    outbox.enqueue(event=builders.start(describe_run(run), at=run.started_at))
    return run


@transaction.atomic
def prepare(run: EnforcementRun, ground: Ground, tally: Tally, manifest_digest: str) -> None:
    """Record what was decided, before the files get their names.

    :raises RunTakenOver: if the run is not running any more.
    """
    still_running = EnforcementRun.objects.running().filter(pk=run.pk)
    updated = still_running.update(
        rows_in=tally.rows,
        allowed=tally.allowed,
        denied=tally.denied,
        denied_by_reason={reason.value: rows for reason, rows in sorted(tally.denied_by_reason.items())},
        policy_version=ground.policy.version,
        policy_digest=ground.policy.digest,
        watermark=ground.watermark,
        manifest_digest=manifest_digest,
    )
    if not updated:
        raise RunTakenOver("another process closed this run: run again")
    run.refresh_from_db()


@transaction.atomic
def complete(run: EnforcementRun, order: Order, plan: OutputPlan, tally: Tally) -> None:
    """Record that the run delivered, and tell lineage what."""
    if not _finish(run, RunStatus.COMPLETED):
        return  # closed by a run that found it delivered
    described = describe_result(run, order, plan, tally)
    outbox.enqueue(event=builders.complete(described, at=_finished_at(run)))


def fail(run: EnforcementRun, error: BaseException) -> None:
    """Record that the run delivered nothing, and why, as far as the database can be reached.

    A run that cannot be recorded stays `running`, and the next one closes it.
    """
    message = str(error) if isinstance(error, AccordantError) else type(error).__name__
    try:
        with transaction.atomic():
            if _finish(run, RunStatus.FAILED, message):
                outbox.enqueue(event=builders.fail(describe_run(run), at=_finished_at(run), message=message))
    except DatabaseFault as unreachable:
        logger.warning("run %s: failure not recorded (%s)", run.pk, type(unreachable).__name__)


def close_dead_runs() -> None:
    """Close every run whose process died: completed if its output had been delivered, else abandoned.

    What an abandoned run left on this machine is removed.
    """
    for run in EnforcementRun.objects.running().order_by("started_at", "pk"):
        if not try_lock(run.output):
            continue
        try:
            _close(run)
        finally:
            unlock(run.output)


@transaction.atomic
def _close(run: EnforcementRun) -> None:
    run.refresh_from_db()  # it may have ended between the listing and the lock
    if run.status != RunStatus.RUNNING:
        return
    files = RunFiles(Path(run.output), run.pk)
    if files.is_delivered(run.manifest_digest):
        _finish(run, RunStatus.COMPLETED)
        outbox.enqueue(event=builders.complete(describe_run(run), at=_finished_at(run)))
        return
    files.withdraw(delivering=bool(run.manifest_digest))
    _finish(run, RunStatus.ABANDONED, "its process ended before it delivered anything")
    outbox.enqueue(event=builders.abort(describe_run(run), at=_finished_at(run)))


def _finish(run: EnforcementRun, status: RunStatus, error: str = "") -> bool:
    """End the run, and return whether it was this call that ended it."""
    ended = EnforcementRun.objects.running().filter(pk=run.pk)
    updated = ended.update(status=status, finished_at=Now(), error=error[:_LONGEST_ERROR])
    run.refresh_from_db()
    return bool(updated)


def _finished_at(run: EnforcementRun) -> datetime:
    return run.finished_at or run.started_at
