"""Celery's entries to suppressions. The rows tell what is to be done: a message is only a wake-up."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from activation.enforcement.suppression.finding import services

MOST_STEPS = 100
SWEEP_BUDGET = timedelta(seconds=8)
CHECK_BUDGET = timedelta(minutes=2)


@shared_task(name="enforcement.follow_feed", acks_late=True)
def follow_feed(**_: object) -> bool:
    """Follow the ledger to its end, or for some steps, and return whether that is its end. Safe to run twice.

    A safety net: `run_follower` follows within milliseconds, and finds nothing to do while this does.
    """
    return any(services.follow_feed() for _ in range(MOST_STEPS))


@shared_task(name="enforcement.sweep_pages", acks_late=True)
def sweep_pages(**_: object) -> bool:
    """Decide due pages for some seconds, and return whether none is left. Safe to run at the same time."""
    return services.sweep_pages(budget=SWEEP_BUDGET)


@shared_task(name="enforcement.check_memberships", acks_late=True)
def check_memberships(**_: object) -> int:
    """Look through a part of all members, and return how many denials had been missed. Safe to run twice."""
    report = services.check_memberships(every=settings.MEMBERSHIPS_CHECKED_EVERY, budget=CHECK_BUDGET)
    return report.missed
