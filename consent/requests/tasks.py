"""Celery's entries to requests. A message is only a wake-up: the rows tell what is left to do."""

from celery import shared_task
from django.utils import timezone

from consent.requests.clocks import reminding


@shared_task(name="requests.remind", acks_late=True)
def remind(**_: object) -> int:
    """Tell officers what is due soon or overdue, each once, and return how many requests were told of."""
    return reminding.remind(at=timezone.now())
