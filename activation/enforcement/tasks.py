"""Celery's entry to the retention of runs. The schedule in `config` runs it."""

from celery import shared_task
from django.utils import timezone

from activation.enforcement import services


@shared_task(name="enforcement.forget_runs", acks_late=True)
def forget_runs(**_: object) -> int:
    """Forget runs past their time, and return how many. Safe to run twice, and to kill."""
    total = 0
    while forgotten := services.forget_runs(at=timezone.now()):
        total += forgotten
    return total
