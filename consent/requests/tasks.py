"""Celery's entries to requests. A message is only a wake-up: the rows tell what is left to do."""

from celery import shared_task
from django.utils import timezone

from consent.requests import services


@shared_task(name="requests.expire_stale", acks_late=True)
def expire_stale(**_: object) -> int:
    """End requests whose persons never proved who they are, and return how many. Safe to run twice."""
    return services.expire_stale(at=timezone.now())


@shared_task(name="requests.forget_content", acks_late=True)
def forget_content(**_: object) -> int:
    """Destroy what closed requests hold once its time is over, and return how many. Safe to run twice."""
    at, total = timezone.now(), 0
    while done := services.forget_content(at=at):
        total += done
    while services.forget_people(at=at):
        pass
    return total
