"""Celery's entries: what is over is taken away."""

from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone


@shared_task(name="signing_in.forget_sessions", acks_late=True)
def forget_sessions(**_: object) -> None:
    """Delete the rows of sessions that are over: officers' and visitors'. Safe to run twice."""
    SessionStore.clear_expired()


@shared_task(name="signing_in.forget_attempts", acks_late=True)
def forget_attempts(**_: object) -> int:
    """Delete failed sign-ins that count no more, and return how many. Safe to run twice."""
    over = timezone.now() - settings.AXES_COOLOFF_TIME
    return int(AccessAttempt.objects.filter(attempt_time__lt=over).delete()[0])
