"""Destroying what requests hold, once its time is over."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from consent.requests import vault
from consent.requests.models import Request, Step
from consent.requests.moving import lock_request
from consent.requests.rules.appeals import WINDOW
from consent.requests.timeline import tell
from consent.requests.types import CLOSED, Actor, EventKind, StepAction


def forget_content(*, at: datetime, limit: int = 500) -> int:
    """Destroy the sealed content of up to `limit` requests past their time, and return how many.

    Never while the request can be appealed against, or is; and of an erasure that kept something, not as long
    as the rest may have to be erased.
    """
    kept = max(settings.REQUEST_CONTENT_KEPT, WINDOW)
    over = (
        Request.objects.filter(state__in=CLOSED, closed_at__lt=at - kept, content_destroyed_at__isnull=True)
        .exclude(Exists(Request.objects.filter(appeal_of=OuterRef("pk")).exclude(state__in=CLOSED)))
        .exclude(Q(_KEPT_SOMETHING) & Q(closed_at__gte=at - max(kept, settings.REQUESTS_KEPT)))
        .order_by("closed_at", "pk")
    )
    ids = list(over.values_list("pk", flat=True)[:limit])
    return sum(_forget(request_id) for request_id in ids)


_KEPT_SOMETHING = Exists(
    Step.objects.filter(
        request=OuterRef("pk"), action__in=[StepAction.ERASE, StepAction.DESTROY_KEYS], kept__gt=0
    )
) & ~Exists(Request.objects.filter(continues=OuterRef("pk")))
"""An erasure that kept something on a ground: who it was has to be known for as long, to erase the rest."""


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
