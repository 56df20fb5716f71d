"""The run's row and its lineage events, step by step, each step in a transaction of its own.

A run is started, prepared (all is written under partial names, and its manifest's digest known), handed over
where its destination is connected, delivered (the files get their names) and completed. So a later process
can tell how far a dead one came.
"""

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import Error as DatabaseFault
from django.db import transaction
from django.db.models.functions import Now

from activation.destinations.kinds.interface import Receipt
from activation.destinations.queries import replaces_audiences
from activation.enforcement.delivering import Terms
from activation.enforcement.drafting import Draft
from activation.enforcement.files import RunFiles
from activation.enforcement.membership import services as membership
from activation.enforcement.models import EnforcementRun
from activation.enforcement.order import Order
from activation.enforcement.run_events import (
    describe_end,
    describe_failure,
    describe_result,
    describe_start,
)
from activation.enforcement.run_lineage.keeping import keep
from activation.enforcement.types import DeliveryState, RunStatus
from consent.kernel.errors import AccordantError
from lineage.events import builders
from lineage.outbox import services as outbox

logger = logging.getLogger(__name__)

_LONGEST_ERROR = 500
_TAKEN_OVER = "another process closed this run: run again"


class RunTakenOver(AccordantError):
    """Another process found this run dead and closed it, so it must not deliver any more."""

    code = "run_taken_over"
    status = 409


@transaction.atomic
def start(order: Order, files: RunFiles) -> EnforcementRun:
    """Create the run's row, and tell lineage that it began."""
    run = EnforcementRun(
        id=files.run_id,
        purpose=order.question.purpose,
        destination=order.question.destination,
        controller=order.question.controller,
        decided_at=order.at,
        input=str(order.audience.path),
        output=str(files.output),
    )
    described = describe_start(run, order)
    run.lineage = keep(described)
    run.save(force_insert=True)
    run.refresh_from_db()
    outbox.enqueue(event=builders.start(described, at=run.started_at))
    return run


@transaction.atomic
def prepare(run: EnforcementRun, draft: Draft, manifest_digest: str) -> None:
    """Record what was decided, before anything leaves.

    :raises RunTakenOver: if the run is not running any more.
    """
    tally = draft.tally
    _update(
        run,
        decided_at=draft.order.at,
        rows_in=tally.rows,
        allowed=tally.allowed,
        denied=tally.denied,
        denied_by_reason=dict(sorted(tally.denied_by_reason.items())),
        policy_version=draft.policy.version,
        policy_digest=draft.policy.digest,
        watermark=draft.watermark,
        states_watermark=draft.states_watermark,
        canaries=draft.canary_rows,
        manifest_digest=manifest_digest,
    )
    _update(run, lineage=keep(describe_result(run, draft)))


def insist(run: EnforcementRun) -> None:
    """Let nobody close the run until the transaction ends.

    :raises RunTakenOver: if somebody has.
    """
    if not EnforcementRun.objects.running().select_for_update(no_key=True).filter(pk=run.pk).exists():
        raise RunTakenOver(_TAKEN_OVER)


def begin_delivery(run: EnforcementRun, terms: Terms) -> None:
    """Record that rows are about to be handed over: from now on they may be there.

    :raises RunTakenOver: if the run is not running any more.
    """
    _update(run, delivery=DeliveryState.SENDING, delivery_terms=terms.row())


def note_receipt(run: EnforcementRun, receipt: Receipt) -> None:
    """Record that the destination has all rows.

    :raises RunTakenOver: if the run is not running any more.
    """
    _update(run, delivery=DeliveryState.ACKNOWLEDGED, delivery_reference=receipt.reference)


@transaction.atomic
def note_pull_back(run: EnforcementRun, rows: int, refs: Collection[str] = ()) -> None:
    """Record how many rows were taken out again, and that none of `refs` is there by this run any more.

    :raises RunTakenOver: if the run is not running any more.
    """
    if rows:
        _update(run, pulled_back=rows)
        membership.forget_in_run(run_id=run.pk, refs=refs)


@transaction.atomic
def complete(run: EnforcementRun) -> None:
    """Record that the run delivered, and tell lineage what: it, or another process that found it dead."""
    if _finish(run, RunStatus.COMPLETED):
        _note_held(run)
        outbox.enqueue(event=builders.complete(describe_end(run), at=_finished_at(run)))


@transaction.atomic
def abandon(run: EnforcementRun) -> None:
    """Record that a run delivered nothing, since its process died."""
    if _finish(run, RunStatus.ABANDONED, "its process ended before it delivered anything"):
        membership.drop_segment(run.pk)
        outbox.enqueue(event=builders.abort(describe_failure(run), at=_finished_at(run)))


def fail(run: EnforcementRun, error: BaseException) -> None:
    """Record that the run did not deliver all, and why, as far as the database can be reached.

    A run that cannot be recorded stays `running`, and the next one closes it.
    """
    message = str(error) if isinstance(error, AccordantError) else type(error).__name__
    try:
        with transaction.atomic():
            if _finish(run, RunStatus.FAILED, message):
                _note_failed(run)
                described = describe_failure(run, error)
                outbox.enqueue(event=builders.fail(described, at=_finished_at(run), message=message))
    except DatabaseFault as unreachable:
        logger.warning("run %s: failure not recorded (%s)", run.pk, type(unreachable).__name__)


def _note_held(run: EnforcementRun) -> None:
    """Whoever was sent is held: beside others, or in their place where the destination replaces them."""
    replaces = run.delivery == DeliveryState.ACKNOWLEDGED and replaces_audiences(run.destination)
    membership.note_held(run.pk, replaces=replaces)


def _note_failed(run: EnforcementRun) -> None:
    """Whoever may have been sent may be held, beside those that were there before."""
    if run.delivery == DeliveryState.NONE:
        membership.drop_segment(run.pk)
    else:
        membership.note_held(run.pk, replaces=False)


@transaction.atomic
def _update(run: EnforcementRun, **changes: object) -> None:
    if not EnforcementRun.objects.running().filter(pk=run.pk).update(**changes):
        raise RunTakenOver(_TAKEN_OVER)
    run.refresh_from_db()


def _finish(run: EnforcementRun, status: RunStatus, error: str = "") -> bool:
    """End the run, and return whether it was this call that ended it."""
    ended = EnforcementRun.objects.running().filter(pk=run.pk)
    updated = ended.update(status=status, finished_at=Now(), error=error[:_LONGEST_ERROR])
    run.refresh_from_db()
    return bool(updated)


def _finished_at(run: EnforcementRun) -> datetime:
    return run.finished_at or run.started_at
