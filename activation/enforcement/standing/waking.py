"""Telling a worker that something waits. One that is not told finds it by itself: the rows count."""

from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError


def wake_for_order(order_id: UUID) -> None:
    """Have a worker look at the order. A broker that cannot be reached is no error."""
    _wake("enforcement.run_queued", order_id=str(order_id))


def wake_for_measuring(report_id: UUID) -> None:
    """Have a worker look at the measuring. A broker that cannot be reached is no error."""
    _wake("enforcement.measure_queued", report_id=str(report_id))


def _wake(task: str, **ids: str) -> None:
    try:
        current_app.send_task(task, kwargs=ids, retry=False)
    except OperationalError:
        return
