"""Destroying what requests hold, once its time is over."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from consent.requests import vault
from consent.requests.models import Request
from consent.requests.moving import lock_request
from consent.requests.rules.appeals import WINDOW
from consent.requests.timeline import tell
from consent.requests.types import CLOSED, Actor, EventKind


def forget_content(*, at: datetime, limit: int = 500) -> int:
    """Destroy the sealed content of up to `limit` requests past their time, and return how many.

    Never before the request can be appealed against no more, nor while an appeal against it goes on.
    """
    kept = max(settings.REQUEST_CONTENT_KEPT, WINDOW)
    over = (
        Request.objects.filter(state__in=CLOSED, closed_at__lt=at - kept, content_destroyed_at__isnull=True)
        .exclude(Q(appeals__isnull=False) & ~Q(appeals__state__in=CLOSED))
        .order_by("closed_at", "pk")
    )
    ids = list(over.values_list("pk", flat=True).distinct()[:limit])
    return sum(_forget(request_id) for request_id in ids)


def forget_people(*, at: datetime, limit: int = 500) -> int:
    """Have up to `limit` rows past their time name no subject any more, and return how many.

    What is left counts requests: type, dates, grounds (11 CCR 7101 asks for 24 months of them).
    """
    over = Request.objects.filter(state__in=CLOSED, closed_at__lt=at - settings.REQUESTS_KEPT)
    named = over.exclude(subjects=[]).order_by("closed_at", "pk")
    ids = list(named.values_list("pk", flat=True)[:limit])
    return Request.objects.filter(pk__in=ids).update(subjects=[])


@transaction.atomic
def _forget(request_id: UUID) -> bool:
    request = lock_request(request_id)
    if request.content_destroyed_at is not None:
        return False
    vault.destroy(request)
    tell(request, EventKind.CONTENT_DESTROYED, actor=Actor.SYSTEM)
    return True
