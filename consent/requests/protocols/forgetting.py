"""Forgetting what protocols call requests, when the requests themselves name nobody any more."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from consent.requests.models import ProtocolRequest
from consent.requests.types import CLOSED


def forget_callers(*, at: datetime) -> int:
    """Forget what callers called requests that are over for so long, and return how many those were.

    The requests' own rows stay: they count requests.
    """
    before = at - settings.REQUESTS_KEPT
    over = Q(request__state__in=CLOSED, request__closed_at__lt=before)
    denied = Q(request__isnull=True, received_at__lt=before)
    ids = list(
        ProtocolRequest.objects.filter(over | denied).order_by("pk").values_list("pk", flat=True)[:500]
    )
    ProtocolRequest.objects.filter(pk__in=ids).delete()
    return len(ids)
