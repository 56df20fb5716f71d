"""How long it takes from a no to its being done, at each destination, and what still waits.

Clocks are those of the database. Of each time span at most the last 100,000 suppressions count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from activation.decisions.register import deny_recipient
from activation.destinations.queries import get_register, list_connected
from activation.enforcement.membership.models import Segment
from activation.enforcement.membership.types import SegmentState
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.types import ParcelState, SuppressionState
from consent.ledger.queries import get_time
from lineage.leases.rows import from_now

SPANS: Mapping[str, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
_MOST = 100_000
_UNFINISHED = (SuppressionState.WAITING, SuppressionState.PARKED)

_CLOCKS = """
    SELECT asked.destination, count(*),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY enforced),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY acknowledged),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY enforced + acknowledged)
    FROM unnest(%s::varchar[]) AS asked (destination) CROSS JOIN LATERAL (
        SELECT extract(epoch FROM enforced_at - recorded_at)::float AS enforced,
            extract(epoch FROM ended_at - enforced_at)::float AS acknowledged
        FROM activation_enforcement_suppression AS suppression
        WHERE suppression.destination = asked.destination
            AND ended_at > statement_timestamp() - %s * interval '1 second'
            AND state IN ('acknowledged', 'by_hand')
        ORDER BY ended_at DESC LIMIT %s
    ) AS ended
    GROUP BY asked.destination
"""


class WaitsFor(StrEnum):
    """Why the oldest suppression of a destination still waits."""

    TURN = "turn"  # a worker comes to it soon
    BACKING_OFF = "backing_off"
    SUSPENDED = "suspended"
    NOT_CONNECTED = "not_connected"
    RUN = "run"  # a run sends people to the same audience just now
    SOMEBODY = "somebody"  # it is parked


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Seconds that half of them took at most, and all but one in a hundred. None: there were none."""

    p50: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The clocks of those that ended in one span of time up to now."""

    span: str
    ended: int
    recorded_to_enforced: Quantiles
    enforced_to_acknowledged: Quantiles
    recorded_to_acknowledged: Quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Oldest:
    """The suppression that was recorded first of those that are not done."""

    id: int
    recorded_at: datetime
    waits_for: WaitsFor
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """How one destination stands."""

    destination: str
    waiting: int
    overdue: int
    """Waiting or parked for longer than `PULL_THROUGH_DUE`."""
    parked: int
    oldest: Oldest | None
    spans: Sequence[Span]


def get_clocks(*, destination: str, spans: Sequence[str] = tuple(SPANS)) -> Clocks:
    """Return how the destination stands, now."""
    counts = count_unfinished(destination=destination).get(destination, _NOTHING)
    return Clocks(
        destination=destination,
        oldest=find_oldest(destination=destination) if counts["waiting"] + counts["parked"] else None,
        spans=[measure_all([destination], span)[destination] for span in spans],
        **counts,
    )


def list_clocks(*, spans: Sequence[str] = tuple(SPANS)) -> list[Clocks]:
    """Return how each registered destination stands, now, by slug."""
    return [get_clocks(destination=slug, spans=spans) for slug in sorted(get_register())]


def is_registered(destination: str) -> bool:
    """Return whether there is such a destination."""
    return destination in get_register()


def count_unfinished(*, destination: str | None = None) -> dict[str, dict[str, int]]:
    """Return how many wait, are parked and are overdue, by destination; of one, or of all that have any."""
    rows = Suppression.objects.filter(state__in=_UNFINISHED)
    if destination is not None:
        rows = rows.filter(destination=destination)
    due = Q(recorded_at__lt=from_now(-settings.PULL_THROUGH_DUE))
    counted = rows.values("destination").annotate(
        waiting=Count("pk", filter=Q(state=SuppressionState.WAITING)),
        parked=Count("pk", filter=Q(state=SuppressionState.PARKED)),
        overdue=Count("pk", filter=due),
    )
    return {
        slug: {"waiting": waiting, "parked": parked, "overdue": overdue}
        for slug, waiting, parked, overdue in counted.order_by("destination").values_list(
            "destination", "waiting", "parked", "overdue"
        )
    }


def list_overdue(*, limit: int = 20) -> list[Suppression]:
    """Return those that should be done and are not, the oldest first."""
    rows = Suppression.objects.filter(
        state__in=_UNFINISHED, recorded_at__lt=from_now(-settings.PULL_THROUGH_DUE)
    )
    return list(rows.select_related("holding").order_by("recorded_at", "pk")[:limit])


def find_oldest(*, destination: str) -> Oldest | None:
    """Return the suppression of the destination that was recorded first of those that are not done."""
    rows = Suppression.objects.filter(destination=destination, state__in=_UNFINISHED)
    one = rows.select_related("parcel").order_by("recorded_at", "pk").first()
    if one is None:
        return None
    waits_for, error = explain(one)
    return Oldest(id=one.pk, recorded_at=one.recorded_at, waits_for=waits_for, error=error)


def explain(suppression: Suppression) -> tuple[WaitsFor, str]:
    """Return what an unfinished suppression waits for, and the error that it met last."""
    [found] = explain_many([suppression])
    return found


def explain_many(suppressions: Sequence[Suppression]) -> list[tuple[WaitsFor, str]]:
    """Return what each unfinished suppression waits for, and the error that it met last.

    The number of statements does not hang on how many there are.
    """
    if not suppressions:
        return []
    circumstances = _Circumstances.look(suppressions)
    return [circumstances.explain(one) for one in suppressions]


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What holds suppressions up, of all that are asked about."""

    denied: frozenset[str]
    connected: Collection[str]
    errors: Mapping[str, str]
    """By destination, why the newest of its parcels that rest does."""
    sending: frozenset[int]
    """Holdings that a run sends people to just now."""

    @classmethod
    def look(cls, suppressions: Sequence[Suppression]) -> Self:
        """Return what holds them up now."""
        register, now, slugs = get_register(), get_time(), {one.destination for one in suppressions}
        failing = Parcel.objects.filter(destination__in=slugs, state=ParcelState.WAITING)
        errors = failing.exclude(last_error="").order_by("destination", "-created_at", "pk")
        newest = errors.distinct("destination").values_list("destination", "last_error")
        holdings = {one.holding_id for one in suppressions}
        sending = Segment.objects.filter(holding__in=holdings, state=SegmentState.SENDING)
        return cls(
            denied=frozenset(slug for slug in slugs if deny_recipient(register, slug, now)),
            connected=list_connected(),
            errors=dict(newest),
            sending=frozenset(sending.values_list("holding_id", flat=True)),
        )

    def explain(self, suppression: Suppression) -> tuple[WaitsFor, str]:
        """Return what one waits for, and the error that it met last."""
        if suppression.state == SuppressionState.PARKED:
            return WaitsFor.SOMEBODY, suppression.error
        if suppression.destination in self.denied:
            return WaitsFor.SUSPENDED, ""
        if suppression.destination not in self.connected:
            return WaitsFor.NOT_CONNECTED, ""
        if error := self._last_error(suppression):
            return WaitsFor.BACKING_OFF, error
        if suppression.parcel_id is None and suppression.holding_id in self.sending:
            return WaitsFor.RUN, ""
        return WaitsFor.TURN, ""

    def _last_error(self, suppression: Suppression) -> str:
        """Return why its parcel rests, or, if it is in none, why others of its destination do."""
        if suppression.parcel is not None:
            return suppression.parcel.last_error
        return self.errors.get(suppression.destination, "")


def measure_all(destinations: Sequence[str], span: str, *, most: int = _MOST) -> Mapping[str, Span]:
    """Return the clocks of each destination in `span`, by slug. One statement, however many there are.

    Of each, at most the last `most` suppressions count.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS, [list(destinations), SPANS[span].total_seconds(), most])
        found = {slug: _read_span(span, ended, quantiles) for slug, ended, *quantiles in cursor.fetchall()}
    return {slug: found.get(slug) or _read_span(span, 0, [None] * 3) for slug in destinations}


def _read_span(span: str, ended: int, quantiles: Sequence[Sequence[float | None] | None]) -> Span:
    enforced, acknowledged, whole = (Quantiles(*(pair or ())) for pair in quantiles)
    return Span(
        span=span,
        ended=ended,
        recorded_to_enforced=enforced,
        enforced_to_acknowledged=acknowledged,
        recorded_to_acknowledged=whole,
    )


_NOTHING = {"waiting": 0, "parked": 0, "overdue": 0}
