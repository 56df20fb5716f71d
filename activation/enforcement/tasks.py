"""Celery's entries to this app: retention, the self-test, standing audiences, and pulling through."""

from celery import shared_task
from django.utils import timezone

from activation.enforcement import services
from activation.enforcement.canaries import services as canaries
from activation.enforcement.membership import services as membership
from activation.enforcement.recipients.tasks import tell_recipients
from activation.enforcement.reconciliation.tasks import reconcile
from activation.enforcement.standing.tasks import (
    check_standing,
    forget_orders,
    measure_queued,
    run_due,
    run_queued,
)
from activation.enforcement.streaming.retention import forget_streams
from activation.enforcement.suppression.finding.tasks import check_memberships, follow_feed, sweep_pages
from activation.enforcement.suppression.tasks import deliver_suppressions, forget_ended_suppressions

__all__ = [
    "check_memberships",
    "check_standing",
    "compact_holdings",
    "deliver_suppressions",
    "follow_feed",
    "forget_ended_suppressions",
    "forget_orders",
    "forget_runs",
    "measure_queued",
    "reconcile",
    "run_due",
    "run_queued",
    "run_self_test",
    "sweep_pages",
    "tell_recipients",
]


@shared_task(name="enforcement.forget_runs", acks_late=True)
def forget_runs(**_: object) -> int:
    """Forget runs and streams past their time, and return how many. Safe to run twice, and to kill."""
    total = forget_streams(at=timezone.now())
    while forgotten := services.forget_runs(at=timezone.now()):
        total += forgotten
    return total


@shared_task(name="enforcement.compact_holdings", acks_late=True)
def compact_holdings(**_: object) -> int:
    """Put segments of what destinations hold together, and return how many went. Safe to kill."""
    return membership.compact_all()


@shared_task(name="enforcement.run_self_test", acks_late=True)
def run_self_test(**_: object) -> int:
    """Ask every path about the canaries, and return how many incidents that raised. Safe to run twice."""
    report = canaries.run_self_test(at=timezone.now())
    return len(report.incidents) + len(report.lost)
