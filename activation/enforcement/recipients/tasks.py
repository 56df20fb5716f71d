"""Celery's entry to telling recipients. The schedule finds what waits."""

from celery import shared_task

from activation.enforcement.recipients import services


@shared_task(name="enforcement.tell_recipients", acks_late=True)
def tell_recipients(**_: object) -> int:
    """Look how far recipients are, and return how many steps of requests that ended. Safe to run twice."""
    return services.tell_all()
