"""Reads of subscriptions."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from activation.changes.models import ParkedMessage, Subscription
from activation.changes.types import SubscriptionNotFound, SubscriptionState, SubscriptionView
from consent.ledger import queries as ledger


def get_subscription(*, slug: str) -> SubscriptionView:
    """Return the subscription with where it stands.

    :raises SubscriptionNotFound: if there is none.
    """
    found = _view(Subscription.objects.filter(slug=slug))
    if not found:
        raise SubscriptionNotFound("no subscription has this slug")
    return found[0]


def list_subscriptions(
    *, after: str = "", limit: int = 100, state: str | None = None, kind: str | None = None
) -> list[SubscriptionView]:
    """Return subscriptions by slug, from the one behind `after`, each with where it stands."""
    rows = Subscription.objects.filter(slug__gt=after)
    if state is not None:
        rows = rows.filter(state=state)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return _view(rows, limit=limit)


def count_parked() -> int:
    """Return how many messages their receivers refuse, and that somebody has to look at."""
    return ParkedMessage.objects.filter(parked_at__isnull=False, taken_at__isnull=True).count()


def _view(rows: QuerySet[Subscription], *, limit: int = 1) -> list[SubscriptionView]:
    open_ones = Q(messages__parked_at__isnull=False, messages__taken_at__isnull=True)
    counted = rows.annotate(
        parked_count=Count("messages", filter=open_ones, distinct=True),
        replay_count=Count("replays", filter=Q(replays__ended_at__isnull=True), distinct=True),
    )
    found = list(counted.order_by("slug", "pk")[:limit])
    size = ledger.get_size()
    behind = _list_times({row.position for row in found if row.position < size})
    return [
        SubscriptionView(
            slug=row.slug,
            title=row.title,
            kind=row.kind,
            settings=row.settings,
            purposes=tuple(row.purposes),
            state=SubscriptionState(row.state),
            reason=row.reason,
            position=row.position,
            feed_size=size,
            behind_since=behind.get(row.position),
            last_success_at=row.taken_at,
            last_error=row.last_error,
            next_attempt_at=row.next_attempt_at,
            failures=row.failures,
            parked=row.parked_count,
            replays=row.replay_count,
            offsets=row.offsets,
        )
        for row in found
    ]


def _list_times(positions: Iterable[int]) -> dict[int, datetime]:
    return {entry.index: entry.recorded_at for entry in ledger.list_entries(sorted(positions))}
