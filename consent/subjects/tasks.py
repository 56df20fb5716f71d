"""Celery's entry to the sweep of keys. The schedule in `config` runs it, and each start of a worker."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from consent.subjects import services


@shared_task(name="subjects.sweep_erased_keys", acks_late=True)
def sweep_erased_keys(*, days: int | None = 2, **_: object) -> int:
    """Destroy the keys of subjects erased in the last `days`, of all if None, and return how many."""
    now = timezone.now()
    return services.sweep_erased_keys(
        at=now, erased_after=None if days is None else now - timedelta(days=days)
    )
