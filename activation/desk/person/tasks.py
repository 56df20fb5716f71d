"""Celery's entry to look-ups."""

from celery import shared_task
from django.utils import timezone

from activation.desk.person import forgetting


@shared_task(name="desk.forget_visits", acks_late=True)
def forget_visits(**_: object) -> int:
    """Forget whom officers looked up when the time of it is over; return how many. Safe to run twice."""
    return forgetting.forget_visits(at=timezone.now())
