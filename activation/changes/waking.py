"""Telling a worker that there is news for a subscription. One that is not told finds it: the rows count."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from activation.changes.models import Replay, Subscription
from consent.ledger import queries as ledger
from lineage.leases import waking
from lineage.leases.rows import from_now

Wake = Callable[[str], object]

_TOLD_AGAIN = timedelta(seconds=30)
"""A worker that was told and does not come is told again after so long, not at each piece of news."""


def wake(slug: str) -> None:
    """Have a worker look at the subscription. A broker that cannot be reached is no error."""
    waking.wake("changes.deliver", slug=slug)


def wake_subscriptions(wake: Wake = wake) -> bool:
    """Have workers look at every subscription that has something to send and may; always at the end."""
    for slug in list_waiting():
        Subscription.objects.filter(slug=slug).update(woken_at=Now())
        wake(slug)
    return True


def list_waiting() -> list[str]:
    """Return the subscriptions that a worker is to be told of."""
    size = ledger.get_size()
    replays = Replay.objects.under_way().due().filter(subscription=OuterRef("pk"))
    told_before = Q(woken_at__isnull=True) | Q(woken_at__lte=from_now(-_TOLD_AGAIN))
    active = Subscription.objects.active().filter(told_before)
    due = active.due().filter(position__lt=size)
    replayed = active.filter(Exists(replays))
    return sorted({*due.values_list("slug", flat=True), *replayed.values_list("slug", flat=True)})
