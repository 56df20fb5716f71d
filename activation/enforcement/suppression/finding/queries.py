"""Reads about suppressions that are still to be made."""

from collections.abc import Mapping

from django.db.models import Count, Q
from django.db.models.functions import Now

from activation.enforcement.membership.models import Page
from activation.enforcement.suppression.finding.feed import FOLLOWER
from activation.enforcement.suppression.finding.judging import lay_ground
from activation.enforcement.suppression.finding.types import Following
from activation.enforcement.suppression.models import FeedPosition
from consent.ledger import queries as ledger


def count_undecided() -> Mapping[int, int]:
    """Return how many pages of each holding are due and not decided yet, by the holding's number."""
    late = Q(due_at__lte=Now()) | ~Q(world=lay_ground().world)
    rows = Page.objects.filter(late).values("segment__holding").annotate(pages=Count("pk"))
    return dict(rows.order_by("segment__holding").values_list("segment__holding", "pages"))


def get_following() -> Following:
    """Return how far withdrawals were followed in the ledger."""
    row = FeedPosition.objects.filter(pk=FOLLOWER).order_by("pk").first()
    size = ledger.get_size()
    return Following(
        is_begun=row is not None,
        position=row.position if row else 0,
        behind=size - row.position if row else size,
        moved_at=row.moved_at if row else None,
    )
