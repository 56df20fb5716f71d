"""Forgetting suppressions that ended long ago, and their parcels: the figures of each day stay."""

from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction

from activation.enforcement.membership.models import Holding
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.types import ParcelState

_FIGURES = """
    INSERT INTO activation_enforcement_dailyclock
        (destination, day, ended, by_hand, superseded, overdue, p50_seconds, p99_seconds)
    SELECT destination, (ended_at AT TIME ZONE 'UTC')::date AS day, count(*),
        count(*) FILTER (WHERE state = 'by_hand'), count(*) FILTER (WHERE state = 'superseded'),
        count(*) FILTER (WHERE ended_at - recorded_at > %(due)s * interval '1 second'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - recorded_at)::float),
        percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - recorded_at)::float)
    FROM activation_enforcement_suppression
    WHERE destination = %(destination)s
        AND ended_at >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
        AND ended_at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY destination, day
    ON CONFLICT (destination, day) DO NOTHING
"""


def forget_suppressions(*, at: datetime, limit: int = 1000) -> int:
    """Delete the suppressions and parcels that ended longest ago, past their time, and return how many.

    Call it until it returns 0. Before the first one of a day goes, the day's figures are kept.
    """
    if settings.SUPPRESSIONS_KEPT is None:
        return 0
    before = (at - settings.SUPPRESSIONS_KEPT).replace(hour=0, minute=0, second=0, microsecond=0)
    return _forget_suppressions(before, limit) or _forget_parcels(before, limit)


def _forget_suppressions(before: datetime, limit: int) -> int:
    destinations = Holding.objects.order_by("destination").values_list("destination", flat=True).distinct()
    return next(filter(None, (_forget_at(slug, before, limit) for slug in destinations)), 0)


@transaction.atomic
def _forget_at(destination: str, before: datetime, limit: int) -> int:
    """Forget those of one destination: an index leads to them."""
    old = Suppression.objects.filter(destination=destination, ended_at__lt=before).order_by("ended_at", "pk")
    rows = list(old.select_for_update(skip_locked=True).values_list("pk", "ended_at")[:limit])
    for day in sorted({ended_at.date() for _, ended_at in rows if ended_at}):
        _keep_figures(destination, day)
    Suppression.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    return len(rows)


def _keep_figures(destination: str, day: date) -> None:
    due = settings.PULL_THROUGH_DUE.total_seconds()
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"destination": destination, "day": day.isoformat(), "due": due})


@transaction.atomic
def _forget_parcels(before: datetime, limit: int) -> int:
    ended = Parcel.objects.filter(ended_at__lt=before, suppressions__isnull=True)
    old = list(
        ended.exclude(state=ParcelState.WAITING)
        .order_by("ended_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )
    Parcel.objects.filter(pk__in=old, suppressions__isnull=True).delete()
    return len(old)
