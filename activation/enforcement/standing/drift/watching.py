"""When drift is measured, and when it has an audience run again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing.audiences import lock_audience
from activation.enforcement.standing.drift.evidence import DriftNotMeasurable
from activation.enforcement.standing.drift.outlooks import list_policies
from activation.enforcement.standing.drift.rerunning import get_last_run
from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.standing.types import WorkStatus
from consent.ledger import queries as ledger

OLDEST = timedelta(days=1)
"""No figures of drift are older than this: time alone changes them."""


@transaction.atomic
def ask_for_measuring(*, slug: str) -> UUID:
    """Set a measuring of the audience's drift down, and return its id: that of one which waits already.

    :raises AudienceNotFound: if there is none. :raises DriftNotMeasurable: if no run of it was completed yet.
    """
    audience = lock_audience(slug)
    if get_last_run(audience) is None:
        raise DriftNotMeasurable("no run of this audience was completed yet: run it first")
    return _set_down(audience)


def check_standing(*, at: datetime) -> Sequence[UUID]:
    """Set a measuring down for each active audience that may have gone wrong, and return their ids.

    That is, if since the last look at it a policy was approved, published or took effect, the first of its
    allows ended, or a day passed; or if the ledger grew and `DRIFT_MEASURED_EVERY` passed. Safe to run twice.
    """
    policies = list_policies(at=at).digests
    size = ledger.get_size()
    active = StandingAudience.objects.filter(is_active=True).order_by("pk")
    return [
        _set_down(audience)
        for audience in active
        if (run := get_last_run(audience)) and _may_be_wrong(audience, run, policies, size, at)
    ]


def _may_be_wrong(
    audience: StandingAudience, run: EnforcementRun, policies: list[str], size: int, at: datetime
) -> bool:
    if DriftReport.objects.unfinished().filter(audience=audience).exists():
        return False  # it is being looked at
    if _failed_since(audience, at - settings.DRIFT_MEASURED_EVERY):
        return False
    reports = DriftReport.objects.filter(audience=audience, run_id=run.pk, status=WorkStatus.COMPLETED)
    last = reports.order_by("-measured_at", "pk").first()
    seen_at = last.measured_at if last and last.measured_at else run.decided_at
    if policies != (last.policies_seen if last else [run.policy_digest]):
        return True
    order = RunOrder.objects.filter(audience=audience, run_id=run.pk).order_by("pk").first()
    ended = bool(order and order.not_after and seen_at < order.not_after <= at)
    grown = (
        size > (last.watermark if last else run.watermark) and at - seen_at >= settings.DRIFT_MEASURED_EVERY
    )
    return ended or grown or at - seen_at >= OLDEST


def _failed_since(audience: StandingAudience, moment: datetime) -> bool:
    """Return whether a measuring failed since: it is not tried again every minute."""
    failed = DriftReport.objects.filter(audience=audience, status=WorkStatus.FAILED)
    return failed.filter(finished_at__gt=moment).exists()


@transaction.atomic
def _set_down(audience: StandingAudience) -> UUID:
    StandingAudience.objects.select_for_update().get(pk=audience.pk)
    waiting = DriftReport.objects.filter(audience=audience, status=WorkStatus.QUEUED)
    found = waiting.order_by("asked_at", "pk").first() or DriftReport.objects.create(audience=audience)
    report_id: UUID = found.pk
    return report_id
