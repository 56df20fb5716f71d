"""Ending the runs whose process died: as it would have, or as a failure that says so."""

import logging
from pathlib import Path

from django.conf import settings

from activation.enforcement import delivering, lifecycle
from activation.enforcement.files import RunFiles
from activation.enforcement.locks import try_lock, unlock
from activation.enforcement.models import EnforcementRun
from activation.enforcement.scratch import clear_scratch
from activation.enforcement.types import DeliveryState
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time

logger = logging.getLogger(__name__)


def close_dead_runs() -> None:
    """Close every run whose process died.

    One that had given its output its name is completed. One that was handing rows over does so again, which
    leaves each there once; if that fails, it has failed, and what it may have sent can be proved. Every other
    one is abandoned, and what it left on this machine is removed.
    """
    for run in EnforcementRun.objects.running().order_by("started_at", "pk"):
        if not try_lock(run.output):
            continue
        try:
            run.refresh_from_db()  # it may have ended between the listing and the lock
            if run.is_running:
                _close(run)
        finally:
            unlock(run.output)


def _close(run: EnforcementRun) -> None:
    files = RunFiles(Path(run.output), run.pk, Path(settings.MEMBERS))
    clear_scratch(run.pk)
    if files.is_delivered(run.manifest_digest):
        lifecycle.complete_dead(run)
    elif run.delivery != DeliveryState.NONE and files.partial(files.output).exists():
        _hand_over_again(run, files)
    else:
        files.withdraw(delivering=bool(run.manifest_digest))
        lifecycle.abandon(run)


def _hand_over_again(run: EnforcementRun, files: RunFiles) -> None:
    terms = delivering.Terms(**run.delivery_terms)
    try:
        connector = delivering.find_connector(run.destination)
        if connector is None:
            raise delivering.DestinationGone(
                "the destination is not connected any more: connect it, and run again"
            )
        delivering.deliver(run, files, terms, connector, now=get_time(), progress=lambda _: None)
    except AccordantError as error:
        files.keep_proof()
        files.withdraw(delivering=True)
        lifecycle.fail(run, error)
        return
    files.deliver()
    lifecycle.complete_dead(run)
