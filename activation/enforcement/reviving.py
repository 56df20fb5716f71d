"""Ending the runs whose process died: as it would have, or as a failure that says so."""

import logging
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseFault

from activation.decisions.types import Question
from activation.enforcement import delivering, lifecycle
from activation.enforcement.canaries.inquiries import lift_suspensions
from activation.enforcement.changes import list_changed
from activation.enforcement.files import RunFiles
from activation.enforcement.locks import try_lock, unlock
from activation.enforcement.membership.queries import list_held_in_run
from activation.enforcement.models import EnforcementRun
from activation.enforcement.scratch import clear_scratch, list_scratch
from activation.enforcement.types import DeliveryState, RunStatus
from activation.snapshots.bulk.planning import Asked
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time

logger = logging.getLogger(__name__)


class DeliveryBrokenOff(AccordantError):
    """A process died while it handed rows over, and that cannot be brought to its end any more."""

    code = "delivery_broken_off"
    status = 409


def close_dead_runs() -> None:
    """Close every run whose process died.

    One that had given its output its name is completed. One that was handing rows over does so again, which
    leaves each there once, and takes out again who has said no since; if that fails, or somebody had said no
    before all was there, it has failed, and what it may have sent can be proved. Every other one is
    abandoned, and what it left on this machine is removed.
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
    _clear_what_is_left()


def _clear_what_is_left() -> None:
    """Remove the folders of runs that ended and could not remove them."""
    if left := list_scratch():
        ended = EnforcementRun.objects.filter(pk__in=left).exclude(status=RunStatus.RUNNING).order_by("pk")
        for run_id in ended.values_list("pk", flat=True):
            clear_scratch(run_id)


def _close(run: EnforcementRun) -> None:
    files = RunFiles(Path(run.output), run.pk, Path(settings.MEMBERS))
    clear_scratch(run.pk)
    if files.is_delivered(run.manifest_digest):
        lifecycle.complete(run)
    elif run.delivery == DeliveryState.NONE:
        files.withdraw(delivering=bool(run.manifest_digest))
        lifecycle.abandon(run)
    elif files.partial(files.output).exists():
        _end_delivery(run, files)
    else:
        lifecycle.fail(run, DeliveryBrokenOff("its process ended while it handed rows over: run again"))


def _end_delivery(run: EnforcementRun, files: RunFiles) -> None:
    try:
        pulled = _hand_over_again(run, files)
        files.deliver(again=True)
    except DatabaseFault:
        raise  # nothing could be recorded: the next run comes here again
    except Exception as error:  # noqa: BLE001 - no fault of one run may stop every later one
        files.withdraw(delivering=True, keep_proof=True)
        lifecycle.fail(run, error)
        return
    lifecycle.note_pull_back(run, pulled)
    lifecycle.complete(run)


def _hand_over_again(run: EnforcementRun, files: RunFiles) -> int:
    """Let the destination have all rows, less those whose people have said no since; return how many."""
    terms, connector = delivering.Terms(**run.delivery_terms), delivering.find_connector(run.destination)
    if connector is None:
        raise delivering.DestinationGone(
            "the destination is not connected any more: connect it, and run again"
        )
    if run.delivery == DeliveryState.SENDING:
        delivering.refuse_if_shut(run.destination, get_time())
        denied = _list_denied_since(run)
        pulled = delivering.take_out(files, terms, connector, denied=denied)
        if pulled or list_held_in_run(run.pk, denied):
            raise DeliveryBrokenOff("people changed after the process that decided had died: run again")
        receipt = delivering.deliver(run, files, terms, connector, now=get_time(), progress=lambda _: None)
        lifecycle.note_receipt(run, receipt)
    return delivering.take_out(files, terms, connector, denied=_list_denied_since(run))


def _list_denied_since(run: EnforcementRun) -> frozenset[str]:
    """Return those whom anything was recorded of since the run decided, and who are denied now.

    :raises DeliveryBrokenOff: if rows are still to be sent that another policy than the one in force allowed.
    """
    question = Question(purpose=run.purpose, destination=run.destination, controller=run.controller)
    with open_snapshot(at=get_time()) as snapshot:
        if run.delivery == DeliveryState.SENDING and snapshot.policy.digest != run.policy_digest:
            raise DeliveryBrokenOff("the policy changed after the process that decided had died: run again")
        asked = Asked(
            policy=snapshot.policy,
            register=lift_suspensions(snapshot.register),  # what counts is what people said
            question=question,
            at=max(run.decided_at, snapshot.complete_at),
        )
        changed = list_changed(since=run.watermark)
        return frozenset(ref for ref, state in changed if not asked.examine(state).decision.allowed)
