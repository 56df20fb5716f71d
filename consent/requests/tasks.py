"""Celery's entries to requests. A message carries ids only; the rows say what is to be done."""

from time import monotonic

from celery import shared_task
from django.utils import timezone

from consent.requests.limits import counting
from consent.requests.mails.queueing import SEND_TASK
from consent.requests.mails.sending import send_waiting
from lineage.leases.waking import wake

_ROUND = 60.0  # seconds; well below the soft limit
_MOST = 200


@shared_task(name=SEND_TASK, acks_late=True)
def send_messages(**_: object) -> int:
    """Send what waits for a minute, and return how much was looked at. Safe to run twice, and to kill."""
    outcomes = send_waiting(limit=_MOST, until=monotonic() + _ROUND)
    if outcomes.total() >= _MOST:
        wake(SEND_TASK)
    return outcomes.total()


@shared_task(name="requests.forget_uses", acks_late=True)
def forget_uses(**_: object) -> int:
    """Forget old visits to the portal; return how many rows that were. Safe to run twice."""
    return counting.forget_uses(at=timezone.now())
