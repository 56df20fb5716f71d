"""Celery's entries to reconciliations. A message names a holding at most, by its number."""

from celery import current_app, shared_task
from kombu.exceptions import OperationalError

from activation.enforcement.reconciliation import queries, services

TASK = "enforcement.reconcile"
_LONGEST = 86_400  # seconds; as long as the destination takes to name everybody


@shared_task(name=TASK, acks_late=True, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60)
def reconcile(holding_id: int | None = None, **_: object) -> int:
    """Compare one holding, or have each compared whose destination can say whom it holds; return how many.

    Safe to run twice, and to kill: the schedule comes again.
    """
    if holding_id is None:
        return sum(wake_for_holding(found) for found in queries.list_comparable())
    try:
        services.reconcile(holding_id=holding_id)
    except services.ReconciliationBusy:
        return 0
    return 1


def wake_for_holding(holding_id: int) -> bool:
    """Have a worker compare a holding, and return whether the broker took the message."""
    try:
        current_app.send_task(TASK, kwargs={"holding_id": holding_id}, retry=False)
    except OperationalError:
        return False
    return True
