"""Telling a worker that suppressions wait. One that is not told finds them by itself: the rows count."""

from celery import current_app
from kombu.exceptions import OperationalError

TASK = "enforcement.deliver_suppressions"
_EXPIRES = 30  # seconds; the schedule tells again


def wake_for_destination(destination: str) -> None:
    """Have a worker look at the destination. A broker that cannot be reached is no error."""
    try:
        current_app.send_task(TASK, kwargs={"destination": destination}, retry=False, expires=_EXPIRES)
    except OperationalError:
        return
