"""Reads about reconciliations."""

from activation.destinations.queries import list_listing
from activation.enforcement.membership.models import Holding


def list_comparable(*, destination: str | None = None) -> list[int]:
    """Return the holdings, or those of one destination, whose destination can say whom it holds."""
    rows = Holding.objects.filter(destination__in=list_listing(), segments__isnull=False)
    if destination is not None:
        rows = rows.filter(destination=destination)
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct())
