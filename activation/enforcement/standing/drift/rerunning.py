"""Having an audience run again because of what a measuring of its drift found."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.standing.ordering import run_now
from activation.enforcement.standing.types import OrderSource, Outlook, Rerun, WorkStatus

DRIFT = "drift"


def get_last_run(audience: StandingAudience) -> EnforcementRun | None:
    """Return the audience's last run that sent something out; None if there is none."""
    orders = RunOrder.objects.filter(audience=audience, status=WorkStatus.COMPLETED, run_id__isnull=False)
    last = orders.order_by("-finished_at", "pk").first()
    return EnforcementRun.objects.filter(pk=last.run_id).first() if last and last.run_id else None


@transaction.atomic
def rerun_if_wrong(*, report_id: UUID, at: datetime) -> UUID | None:
    """Set a run down if the completed measuring says that the audience needs one, and return the order's id.

    None if it does not: what was sent may still be sent, the audience is paused or does not run again by
    itself, or there is a newer run than the one that was measured.
    """
    report = DriftReport.objects.filter(pk=report_id, status=WorkStatus.COMPLETED).first()
    audience = StandingAudience.objects.select_for_update().filter(drift_reports=report_id).first()
    if report is None or audience is None or not audience.is_active or not _is_wrong(report, audience):
        return None
    last = get_last_run(audience)
    is_newest = last is not None and last.pk == report.run_id
    if not is_newest or RunOrder.objects.unfinished().filter(audience=audience).exists():
        return None
    order_id = run_now(slug=audience.slug, source=OrderSource.DRIFT, asked_by=DRIFT, at=at)
    DriftReport.objects.filter(pk=report.pk).update(rerun_order_id=order_id)
    return order_id


def _is_wrong(report: DriftReport, audience: StandingAudience) -> bool:
    if audience.rerun == Rerun.NEVER:
        return False
    [now] = [one for one in report.outlooks if one["outlook"] == Outlook.NOW]
    would_gain = audience.rerun == Rerun.ALWAYS and bool(now["regained"] or now["new"])
    return report.wrong > 0 or would_gain
