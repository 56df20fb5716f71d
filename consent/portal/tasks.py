"""Celery's entries to the portal. A message is only a wake-up: the rows tell what is left to do."""

from time import monotonic

from celery import shared_task
from django.utils import timezone

from consent.portal.preferences import forgetting
from consent.portal.preferences.mails import SEND_TASK
from consent.portal.preferences.sending import send_waiting
from lineage.leases.waking import wake

_ROUND = 60.0  # seconds
_MOST = 200


@shared_task(name=SEND_TASK, acks_late=True)
def send_messages(**_: object) -> int:
    """Send what waits for a minute, and return how much was tried. Safe to run twice, and to kill."""
    tried = send_waiting(limit=_MOST, until=monotonic() + _ROUND)
    if tried >= _MOST:
        wake(SEND_TASK)
    return tried


@shared_task(name="portal.forget", acks_late=True)
def forget(**_: object) -> int:
    """Forget visits, codes, links and messages that are over; return how many. Safe to run twice."""
    return forgetting.forget(at=timezone.now())
