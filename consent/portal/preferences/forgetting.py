"""Forgetting what is over: visits, codes, links that worked once, and messages."""

from datetime import datetime, timedelta

from django.db.models import Q

from consent.portal.models import PortalMessage, PreferenceCode, UsedLink, Visit
from consent.requests.rules.codes import WINDOW

_MESSAGES_KEPT = timedelta(days=7)  # empty ones: they tell whether mails leave


def forget(*, at: datetime) -> int:
    """Delete what is over, and return how many rows that were. Codes stay for as long as they are counted."""
    messages = Q(sent_at__isnull=False) | Q(given_up_at__isnull=False)
    over = (
        PreferenceCode.objects.filter(asked_at__lte=at - WINDOW, expires_at__lte=at),
        Visit.objects.filter(expires_at__lte=at),
        UsedLink.objects.filter(expires_at__lte=at),
        PortalMessage.objects.filter(messages, created_at__lte=at - _MESSAGES_KEPT),
    )
    return sum(rows.delete()[0] for rows in over)
