"""Celery's entries to data subject requests. A message is only a wake-up: the rows tell what waits."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from consent.requests.packages import building, releasing

_LONGEST = 86_400  # seconds; a package takes as long as there are rows


@shared_task(name=building.BUILD_TASK, acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60)
def build_packages(package_id: str | None = None, **_: object) -> int:
    """Put one package together, or all that wait, and return how many are ready now.

    Safe to run twice, at the same time, and to kill.
    """
    packages = building.list_building() if package_id is None else [UUID(package_id)]
    return sum(building.build_package(package) for package in packages)


@shared_task(name="requests.expire_packages", acks_late=True)
def expire_packages(**_: object) -> int:
    """Destroy released packages whose time is over, and return how many. Safe to run twice, and to kill."""
    total = 0
    while destroyed := releasing.expire_packages(at=timezone.now()):
        total += destroyed
    return total
