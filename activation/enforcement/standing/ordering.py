"""Orders for runs: set down, cancelled, forgotten. A worker carries them out."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from activation.enforcement.parents import read_parent
from activation.enforcement.standing.audiences import lock_audience
from activation.enforcement.standing.inputs import find_format, find_input
from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.standing.schedule import read_schedule
from activation.enforcement.standing.types import OrderSource, RunRequest, WorkStatus
from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339

SCHEDULE = "schedule"


class OrderNotFound(AccordantError):
    """No order has this id."""

    code = "run_not_found"
    status = 404


class OrderEnded(AccordantError):
    """The order has ended: there is nothing to stop."""

    code = "run_ended"
    status = 409


@transaction.atomic
def run_now(*, slug: str, source: OrderSource, asked_by: str, at: datetime, parent_run: str = "") -> UUID:
    """Set a run of the audience down, and return the order's id: that of the one which waits, if one does.

    `parent_run` (see `parents.read_parent`) is what lineage calls it a part of; one that waits keeps its own.

    A paused audience can be run, too: somebody asks for it.

    :raises AudienceNotFound: if there is none. :raises MalformedParentRun: if that is none.
    """
    read_parent(parent_run)
    audience = lock_audience(slug)
    waiting = RunOrder.objects.unfinished().filter(audience=audience, status=WorkStatus.QUEUED)
    if found := waiting.order_by("asked_at", "pk").first():
        order_id: UUID = found.pk
        return order_id
    return _set_down(
        audience.request, audience, source=source, asked_by=asked_by, at=at, parent_run=parent_run
    )


@transaction.atomic
def order_run(
    *, request: RunRequest, source: OrderSource, asked_by: str, at: datetime, parent_run: str = ""
) -> UUID:
    """Set a run down that belongs to no standing audience, and return the order's id.

    :raises MalformedParentRun: if `parent_run` is none.

    :raises MalformedAudience: if the request is none. :raises InputMissing: if its file is not there.
    :raises InputRefused: if that lies elsewhere. :raises AudienceFormatUnknown: if its format is not known.
    """
    read_parent(parent_run)
    find_format(request, find_input(request))
    return _set_down(request, None, source=source, asked_by=asked_by, at=at, parent_run=parent_run)


@transaction.atomic
def cancel_order(*, order_id: UUID, asked_by: str, at: datetime) -> WorkStatus:
    """Stop a run: at once if it waits, else before its next batch of rows. Return where the order stands now.

    A run that has decided its last row delivers, all the same. Asking twice is no error.

    :raises OrderNotFound: if there is none. :raises OrderEnded: if it has ended.
    """
    order = RunOrder.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound("no run has this id")
    if order.status not in {WorkStatus.QUEUED, WorkStatus.RUNNING}:
        raise OrderEnded(f"it is {order.status}: there is nothing to stop")
    if order.stop_asked_at is None:
        is_waiting = order.status == WorkStatus.QUEUED
        ended = {"status": WorkStatus.CANCELLED, "finished_at": Now()} if is_waiting else {}
        RunOrder.objects.filter(pk=order.pk).update(stop_asked_at=Now(), **ended)
        _tell("run_cancelled", order, asked_by, at)
        order.refresh_from_db()
    return WorkStatus(order.status)


@transaction.atomic
def run_due(*, at: datetime) -> Sequence[UUID]:
    """Set a run down for each audience whose time has come, and return the orders' ids. Safe to run twice.

    Where a run waits already, none is added. What was missed is not made up for.
    """
    due = StandingAudience.objects.select_for_update(skip_locked=True).filter(next_run_at__lte=at)
    orders = []
    for audience in due.order_by("next_run_at", "pk"):
        orders.append(run_now(slug=audience.slug, source=OrderSource.SCHEDULE, asked_by=SCHEDULE, at=at))
        schedule = read_schedule(audience.schedule)
        next_run_at = schedule.next_after(at, since=audience.next_run_at) if schedule else None
        StandingAudience.objects.filter(pk=audience.pk).update(next_run_at=next_run_at)
    return orders


@transaction.atomic
def forget_orders(*, at: datetime, limit: int = 500) -> int:
    """Delete the oldest orders and measurings past their time (`RUNS_KEPT`), and return how many.

    Call it until it returns 0.
    """
    if settings.RUNS_KEPT is None:
        return 0
    forgotten = 0
    for model in (RunOrder, DriftReport):
        old = model.objects.select_for_update(skip_locked=True).finished_before(at - settings.RUNS_KEPT)
        ids = list(old.order_by("finished_at", "pk").values_list("pk", flat=True)[:limit])
        model.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
    return forgotten


def _set_down(
    request: RunRequest,
    audience: StandingAudience | None,
    *,
    source: OrderSource,
    asked_by: str,
    at: datetime,
    parent_run: str,
) -> UUID:
    order = RunOrder.objects.create(
        audience=audience,
        audience_slug=audience.slug if audience else "",
        source=source,
        asked_by=asked_by,
        parent_run=parent_run,
        **asdict(request),
    )
    if source in {OrderSource.API, OrderSource.ADMIN}:  # what nobody asked for needs nobody's name
        _tell("run_ordered", order, asked_by, at)
    return order.pk


def _tell(kind: str, order: RunOrder, by: str, at: datetime) -> None:
    body = {
        "order": str(order.pk),
        "audience": order.audience_slug,
        "purpose": order.purpose,
        "destination": order.destination,
        "controller": order.controller,
        "by": by,
        "at": rfc3339(at),
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])
