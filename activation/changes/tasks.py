"""Celery's entries to subscriptions. A message is only a wake-up: the rows tell what waits."""

import time

from celery import shared_task

from activation.changes import services

_SECONDS = 30.0


@shared_task(name="changes.deliver", acks_late=True, soft_time_limit=90, time_limit=120)
def deliver(*, slug: str, **_: object) -> bool:
    """Hand over what one subscription has to send, and return whether more is left: then another is woken."""
    is_left = services.deliver(slug=slug, seconds=_SECONDS, monotonic=time.monotonic)
    if is_left:
        services.wake(slug)
    return is_left


@shared_task(name="changes.wake", acks_late=True)
def wake(**_: object) -> bool:
    """Wake a worker for each subscription that has something to send and may. Safe to run twice."""
    return services.wake_subscriptions()
