"""The row of a report that is worked out, step by step: waiting, running, and then one end."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import Error as DatabaseFault
from django.db import transaction
from django.db.models.functions import Now

from activation.desk.tracing import vault
from activation.desk.tracing.models import Report
from activation.desk.tracing.types import JobState
from activation.desk.watch import keep_watch, try_lock, unlock
from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339

logger = logging.getLogger(__name__)

_LONGEST_ERROR = 500
_Report = TypeVar("_Report", bound=Report)


class ReportCancelled(AccordantError):
    """An officer stopped the report, or another process found it dead and closed it."""

    code = "report_cancelled"
    status = 409


class ReportNotFound(AccordantError):
    """There is no such report."""

    code = "report_not_found"
    status = 404


def carry_out(model: type[_Report], report_id: UUID, find: Callable[[_Report], Mapping[str, Any]]) -> bool:
    """Carry out a waiting report, and return whether this call did; if not, another has.

    `find` does it, and returns the columns of the row that hold what it found. It calls `tell` now and then.

    :raises Exception: whatever `find` raised; the row says that it failed, or was cancelled.
    """
    with keep_watch(report_id) as watch:
        report = _claim(model, report_id) if watch else None
        if report is None:
            return False
        try:
            _finish(report, JobState.COMPLETED, **find(report))
        except ReportCancelled:
            vault.clear_result(report)
        except BaseException as error:  # an interrupt too must leave a row that says so
            _fail(report, error)
            raise
    return True


def _claim(model: type[_Report], report_id: UUID) -> _Report | None:
    waiting = model._default_manager.filter(pk=report_id, status=JobState.WAITING)
    if not waiting.update(status=JobState.RUNNING, started_at=Now(), done=0, total=0):
        return None
    return model._default_manager.get(pk=report_id)


def tell(report: Report, *, done: int, total: int) -> None:
    """Write how far the report is.

    :raises ReportCancelled: if it is not to go on.
    """
    if not _running(report).update(done=min(done, total), total=total):
        raise ReportCancelled("the report was stopped before it was done")


def _fail(report: Report, error: BaseException) -> None:
    message = str(error) if isinstance(error, AccordantError) else type(error).__name__
    try:
        _finish(report, JobState.FAILED, error=message[:_LONGEST_ERROR])
        vault.clear_result(report)
    except DatabaseFault as unreachable:
        logger.warning("report %s: failure not recorded (%s)", report.pk, type(unreachable).__name__)


@transaction.atomic
def cancel(report: Report, *, officer_id: int, at: datetime) -> bool:
    """Stop a report that waits or runs, and return whether it did; the one that runs it stops soon after."""
    unfinished = type(report)._default_manager.filter(
        pk=report.pk, status__in=[JobState.WAITING, JobState.RUNNING]
    )
    if not unfinished.update(status=JobState.CANCELLED, finished_at=Now()):
        return False
    write_down("report_cancelled", report, officer_id=officer_id, at=at)
    return True


def close_dead(model: type[Report]) -> None:
    """Close every report whose process died."""
    for report in model._default_manager.filter(status=JobState.RUNNING).order_by("requested_at", "pk"):
        if not try_lock(report.pk):
            continue
        try:
            _finish(
                report, JobState.ABANDONED, error="its process ended before it was done: ask for it again"
            )
        finally:
            unlock(report.pk)


def list_waiting(model: type[Report]) -> list[UUID]:
    """Return the reports that nobody has begun, the oldest first."""
    rows = model._default_manager.filter(status=JobState.WAITING).order_by("requested_at", "pk")
    return list(rows.values_list("pk", flat=True))


def write_down(kind: str, report: Report, *, officer_id: int, at: datetime, **facts: object) -> None:
    """Put an officer's act on record in the ledger's audit stream, in the caller's transaction.

    It says who, when and why, and by the report's id, which report. It names nobody.
    """
    body = {
        "report": str(report.pk),
        "reason": report.reason,
        "officer": officer_id,
        "at": rfc3339(at),
        **facts,
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])


def _finish(report: Report, status: JobState, **changes: object) -> bool:
    return bool(_running(report).update(status=status, finished_at=Now(), **changes))


def _running(report: Report) -> Any:
    return type(report)._default_manager.filter(pk=report.pk, status=JobState.RUNNING)
