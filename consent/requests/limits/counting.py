"""Counting what visitors do. Every process counts in the same rows."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from consent.requests.limits.rules import Limit, TooMany
from consent.requests.models import AnonymousUse

_KEPT = timedelta(days=2)  # longer than the longest span


def spend(limit: Limit, who: str, *, at: datetime) -> None:
    """Count once more that `who` did what the limit is of.

    :raises TooMany: if that was once too often; it is counted all the same.
    """
    key = hmac.new(settings.SECRET_KEY.encode(), f"{limit.name}\n{who}".encode(), hashlib.sha256).hexdigest()
    row, _ = AnonymousUse.objects.get_or_create(key=key, span_begins_at=limit.span_of(at))
    AnonymousUse.objects.filter(pk=row.pk).update(count=F("count") + 1)
    row.refresh_from_db(fields=["count"])
    if row.count > limit.most:
        raise TooMany("this was asked for too often: try again later")


def forget_uses(*, at: datetime) -> int:
    """Forget what was counted in spans that are over, and return how many rows that were."""
    return AnonymousUse.objects.filter(span_begins_at__lt=at - _KEPT).delete()[0]
