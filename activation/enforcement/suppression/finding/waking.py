"""Telling workers that suppressions wait. One that is not told finds them by itself: the rows count."""

from collections.abc import Iterable

from celery import current_app
from kombu.exceptions import OperationalError


def wake_for_destinations(destinations: Iterable[str]) -> None:
    """Have workers look at what waits for `destinations`. A broker that cannot be reached is no error."""
    for destination in sorted(set(destinations)):
        try:
            current_app.send_task(
                "enforcement.deliver_suppressions", kwargs={"destination": destination}, retry=False
            )
        except OperationalError:
            return
