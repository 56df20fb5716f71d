"""Celery's entries to standing audiences. A message is only a wake-up: the rows tell what waits.

Those of runs and measurings are done with as soon as they begin: a broker gives away again what is held for
hours. What a worker that died leaves is found by the schedule.
"""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from activation.enforcement.standing import queries, services, waking

_LONGEST = 86_400  # seconds; a run takes as long as there are rows


@shared_task(
    name="enforcement.run_queued", acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60
)
def run_queued(order_id: str | None = None, **_: object) -> int:
    """Carry out one order, or all that wait or were left by a dead worker, and return how many were.

    Safe to run twice, and to kill: an order is carried out by one worker at a time, and delivers once.
    """
    orders = queries.list_unfinished_orders() if order_id is None else [UUID(order_id)]
    return sum(services.run_order(order_id=order, at=timezone.now()) for order in orders)


@shared_task(
    name="enforcement.measure_queued", acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60
)
def measure_queued(report_id: str | None = None, **_: object) -> int:
    """Carry out one measuring of drift, or all that wait, and return how many were. Safe to run twice.

    An audience that turns out to be wrong is run again, if its definition says so.
    """
    reports = queries.list_unfinished_measurings() if report_id is None else [UUID(report_id)]
    return sum(_measure(report) for report in reports)


@shared_task(name="enforcement.run_due", acks_late=True)
def run_due(**_: object) -> int:
    """Set runs down for the audiences whose time has come, and return how many. Safe to run twice."""
    orders = services.run_due(at=timezone.now())
    for order in orders:
        waking.wake_for_order(order)
    return len(orders)


@shared_task(name="enforcement.check_standing", acks_late=True)
def check_standing(**_: object) -> int:
    """Have the drift of audiences measured that may have gone wrong, and return how many."""
    reports = services.check_standing(at=timezone.now())
    for report in reports:
        waking.wake_for_measuring(report)
    return len(reports)


@shared_task(name="enforcement.forget_orders", acks_late=True)
def forget_orders(**_: object) -> int:
    """Forget orders and measurings past their time, and return how many. Safe to run twice, and to kill."""
    total = 0
    while forgotten := services.forget_orders(at=timezone.now()):
        total += forgotten
    return total


def _measure(report_id: UUID) -> bool:
    is_done = services.measure(report_id=report_id, at=timezone.now())
    if is_done and (order := queries.find_rerun(report_id=report_id)):
        waking.wake_for_order(order)
    return is_done
