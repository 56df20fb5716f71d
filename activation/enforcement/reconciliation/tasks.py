"""Celery's entries to reconciliations. A message names a holding at most, by its number."""

from celery import shared_task

from activation.enforcement.reconciliation import queries, services
from lineage.leases.waking import wake

TASK = "enforcement.reconcile"
_LONGEST = 86_400  # seconds; as long as the destination takes to name everybody


@shared_task(name=TASK, acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60)
def reconcile(holding_id: int | None = None, **_: object) -> int:
    """Compare one holding, or have each compared whose destination can say whom it holds; return how many.

    Safe to run twice, and to kill: the schedule comes again.
    """
    if holding_id is None:
        holdings = queries.list_comparable()
        for one in holdings:
            wake_for_holding(one)
        return len(holdings)
    try:
        services.reconcile(holding_id=holding_id)
    except services.ReconciliationBusy:
        return 0
    return 1


def wake_for_holding(holding_id: int) -> None:
    """Have a worker compare a holding. A broker that is away is no error: the schedule asks daily."""
    wake(TASK, holding_id=holding_id)
