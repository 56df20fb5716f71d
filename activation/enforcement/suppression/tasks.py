"""Celery's entries to suppressions. A message is only a wake-up, and names a destination at most."""

from time import monotonic

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from activation.enforcement.suppression import queries, waking
from activation.enforcement.suppression.delivering import deliver_due
from activation.enforcement.suppression.retention import forget_suppressions

_ROUND = 60.0  # seconds; well below the soft limit
_SOFT = 270


@shared_task(name=waking.TASK, acks_late=True, soft_time_limit=_SOFT, time_limit=_SOFT + 30)
def deliver_suppressions(destination: str | None = None, **_: object) -> int:
    """Hand over what is due at the destination for a minute, and return how many parcels were acknowledged.

    Without a destination: have workers do so for each at which anything is due; return how many those are.
    Safe to run twice, at the same time, and to kill.
    """
    if destination is None:
        due = queries.list_due_destinations()
        for slug in due:
            waking.wake_for_destination(slug)
        return len(due)
    done = deliver_due(
        destination=destination, until=monotonic() + _ROUND, interrupted_by=(SoftTimeLimitExceeded,)
    )
    if done and destination in queries.list_due_destinations():
        waking.wake_for_destination(destination)
    return done


@shared_task(name="enforcement.forget_suppressions", acks_late=True)
def forget_ended_suppressions(**_: object) -> int:
    """Forget ended suppressions and parcels past their time, and return how many. Safe to run twice."""
    total = 0
    while forgotten := forget_suppressions(at=timezone.now()):
        total += forgotten
    return total
