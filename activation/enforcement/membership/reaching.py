"""Everybody whom a destination may have held until some moment, as far as the tables still know."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.queries import list_pages
from activation.enforcement.membership.types import DuePage, Held
from activation.enforcement.models import EnforcementRun

_PAGES_AT_ONCE = 64


def list_holdings_begun(*, destination: str, until: datetime) -> list[Held]:
    """Return what the destination has held of any audience since before `until`."""
    rows = Holding.objects.filter(destination=destination, created_at__lt=until)
    return [row.as_held() for row in rows.order_by("audience", "purpose", "controller", "pk")]


def read_reached(holding_id: int, *, until: datetime) -> Iterator[DuePage]:
    """Yield the pages of whom the holding has now, less what a run brought that began at `until` or later.

    Segments of streams, and those put together of several, say no more than when the last of them came: they
    count. What is put together meanwhile is read again; whoever is taken out meanwhile has a suppression.

    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had.
    """
    later = EnforcementRun.objects.filter(pk=OuterRef("run_id"), started_at__gte=until)
    segments = Segment.objects.filter(~Exists(later), holding=holding_id)
    pages = Page.objects.filter(segment__in=segments).order_by("pk")
    done: set[int] = set()
    while ids := [one for one in pages.values_list("pk", flat=True) if one not in done]:
        for start in range(0, len(ids), _PAGES_AT_ONCE):
            yield from list_pages(ids[start : start + _PAGES_AT_ONCE])
        done.update(ids)


def count_reached(*, destination: str, until: datetime) -> int:
    """Return how many people the segments have, whoever is in several counted for each: about the task."""
    rows = Segment.objects.filter(Q(holding__destination=destination, holding__created_at__lt=until))
    return sum(rows.values_list("members", flat=True))
