"""Celery's entries to this app: to the retention of runs, and to standing audiences."""

from celery import shared_task
from django.utils import timezone

from activation.enforcement import services
from activation.enforcement.standing.tasks import (
    check_standing,
    forget_orders,
    measure_queued,
    run_due,
    run_queued,
)

__all__ = [
    "check_standing",
    "forget_orders",
    "forget_runs",
    "measure_queued",
    "run_due",
    "run_queued",
]


@shared_task(name="enforcement.forget_runs", acks_late=True)
def forget_runs(**_: object) -> int:
    """Forget runs past their time, and return how many. Safe to run twice, and to kill."""
    total = 0
    while forgotten := services.forget_runs(at=timezone.now()):
        total += forgotten
    return total
