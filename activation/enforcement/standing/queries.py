"""Reads of standing audiences, of orders and of drift."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from activation.enforcement.standing.audiences import AudienceNotFound
from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.standing.ordering import OrderNotFound
from activation.enforcement.standing.types import (
    AudienceSummary,
    DriftSummary,
    OrderSource,
    OrderSummary,
    Rerun,
    WorkStatus,
)
from consent.kernel.errors import AccordantError


class DriftNotMeasured(AccordantError):
    """The audience's drift was not measured yet."""

    code = "drift_not_measured"
    status = 404


def list_unfinished_orders() -> list[UUID]:
    """Return the orders that wait or run, the oldest first. One that runs refuses its lock to others."""
    unfinished = RunOrder.objects.unfinished().order_by("asked_at", "pk")
    return list(unfinished.values_list("pk", flat=True))


def list_unfinished_measurings() -> list[UUID]:
    """Return the measurings that wait or are under way, the oldest first."""
    unfinished = DriftReport.objects.unfinished().order_by("asked_at", "pk")
    return list(unfinished.values_list("pk", flat=True))


def get_order(*, order_id: UUID) -> OrderSummary:
    """Return what is known of an order.

    :raises OrderNotFound: if there is none.
    """
    order = RunOrder.objects.filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound("no run has this id")
    return summarise_order(order)


def list_audiences(*, after: str = "", limit: int = 100) -> list[AudienceSummary]:
    """Return the standing audiences whose slugs follow `after`, in order."""
    rows = list_states().filter(slug__gt=after)
    return [_summarise(row) for row in rows.order_by("slug", "pk")[:limit]]


def list_states() -> QuerySet[StandingAudience]:
    """Return the standing audiences, each with its last run, and how many were wrong when last measured."""
    completed = RunOrder.objects.filter(audience=OuterRef("pk"), status=WorkStatus.COMPLETED)
    measured = DriftReport.objects.filter(audience=OuterRef("pk"), status=WorkStatus.COMPLETED)
    last_run, last_drift = completed.order_by("-finished_at", "pk"), measured.order_by("-measured_at", "pk")
    return StandingAudience.objects.annotate(
        last_run_id=Subquery(last_run.values("run_id")[:1]),
        last_run_at=Subquery(last_run.values("finished_at")[:1]),
        wrong=Subquery(last_drift.values("wrong")[:1]),
        measured_at=Subquery(last_drift.values("measured_at")[:1]),
    )


def find_rerun(*, report_id: UUID) -> UUID | None:
    """Return the order for the run that a measuring asked for; None if it asked for none."""
    reports = DriftReport.objects.filter(pk=report_id).order_by("pk")
    return reports.values_list("rerun_order_id", flat=True).first()


def get_drift(*, slug: str) -> DriftSummary:
    """Return what the last completed measuring of the audience's drift found.

    :raises AudienceNotFound: if there is no such audience.
    :raises DriftNotMeasured: if no measuring was completed.
    """
    audience = StandingAudience.objects.filter(slug=slug).first()
    if audience is None:
        raise AudienceNotFound("no standing audience has this slug")
    completed = DriftReport.objects.filter(audience=audience, status=WorkStatus.COMPLETED)
    report = completed.order_by("-measured_at", "pk").first()
    if report is None or report.run_id is None or report.measured_at is None:
        raise DriftNotMeasured("the drift of this audience was not measured yet: it is after its first run")
    return DriftSummary(
        audience=slug,
        run_id=report.run_id,
        measured_at=report.measured_at,
        watermark=report.watermark,
        sent=report.sent,
        left_the_list=report.left_the_list,
        outlooks=report.outlooks,
        rerun_order_id=report.rerun_order_id,
        is_measuring=DriftReport.objects.unfinished().filter(audience=audience).exists(),
    )


def get_orders_of(*, run_ids: Sequence[UUID]) -> dict[UUID, OrderSummary]:
    """Return the orders of those runs that have one, by the runs' ids."""
    orders = RunOrder.objects.filter(run_id__in=run_ids).order_by("asked_at", "pk")
    return {order.run_id: summarise_order(order) for order in orders if order.run_id}


def summarise_order(order: RunOrder) -> OrderSummary:
    """Return what others may see of an order."""
    return OrderSummary(
        order_id=order.pk,
        status=WorkStatus(order.status),
        source=OrderSource(order.source),
        audience=order.audience_slug,
        purpose=order.purpose,
        destination=order.destination,
        controller=order.controller,
        asked_at=order.asked_at,
        started_at=order.started_at,
        finished_at=order.finished_at,
        stop_asked_at=order.stop_asked_at,
        rows_done=order.rows_done,
        rows_total=order.rows_total,
        attempt=order.attempt,
        run_id=order.run_id,
        error=order.error,
    )


def _summarise(row: Any) -> AudienceSummary:
    return AudienceSummary(
        slug=row.slug,
        title=row.title,
        purpose=row.purpose,
        destination=row.destination,
        controller=row.controller,
        schedule=row.schedule,
        rerun=Rerun(row.rerun),
        is_active=row.is_active,
        next_run_at=row.next_run_at,
        last_run_id=row.last_run_id,
        last_run_at=row.last_run_at,
        wrong=row.wrong,
        measured_at=row.measured_at,
    )
