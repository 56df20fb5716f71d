"""What is due on which day: the calendar of open requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, DateField, F, Q, QuerySet, When, Window
from django.db.models.functions import Coalesce, RowNumber, TruncDate

from consent.requests.models import Request
from consent.requests.types import CLOSED, RequestState, RequestType

_AROUND = timedelta(days=2)  # how far the moment of an end is from its date, in any zone
_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRequest:
    """One open request, as a calendar shows it."""

    request_id: UUID
    reference: str
    type: RequestType
    state: RequestState
    jurisdiction: str
    due_at: datetime
    is_extended: bool
    is_paused: bool
    assigned_to: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """What is due on one day."""

    on: date
    total: int
    paused: int
    requests: tuple[DueRequest, ...]
    """The first ones; `total` says how many there are."""


def list_calendar(
    *, since: date, until: date, officer_id: int | None = None, listed: int = _LISTED
) -> tuple[CalendarDay, ...]:
    """Return the days from `since` to `until` on which open requests are due. Two statements, however many.

    A request is due on its date in force: the extended one, once it was extended; where the law sets none, on
    the day of its mark. A paused one stands where it would be due if its clock went on at once.
    """
    days = due_within(since=since, until=until, officer_id=officer_id)
    by_day: QuerySet[Any] = days.values("due_day")  # annotated by `due_within`
    counted = by_day.annotate(total=Count("pk"), paused=Count("pk", filter=Q(paused_at__isnull=False)))
    figures = {row["due_day"]: (row["total"], row["paused"]) for row in counted.order_by("due_day")}
    requests = _list_first(days, listed)
    return tuple(
        CalendarDay(on=day, total=total, paused=paused, requests=requests.get(day, ()))
        for day, (total, paused) in figures.items()
    )


def due_within(*, since: date, until: date, officer_id: int | None = None) -> QuerySet[Any]:
    """Return the open requests that are due from `since` to `until`, each with its `due_day`."""
    start = datetime.combine(since, time.min, tzinfo=UTC) - _AROUND
    end = datetime.combine(until, time.min, tzinfo=UTC) + timedelta(days=1) + _AROUND
    mark = TruncDate(F("due_at") - timedelta(seconds=1), tzinfo=UTC)
    extended = When(extended_at__isnull=False, then=F("extended_due_on"))
    rows: QuerySet[Any] = Request.objects.exclude(state__in=sorted(CLOSED)).filter(
        due_at__gte=start, due_at__lt=end
    )
    if officer_id is not None:
        rows = rows.filter(assigned_to=officer_id)
    in_force = Coalesce(Case(extended, output_field=DateField()), F("due_on"), mark)
    days: QuerySet[Any] = rows.annotate(due_day=in_force).filter(due_day__gte=since, due_day__lte=until)
    return days


def _list_first(days: QuerySet[Any], listed: int) -> Mapping[date, tuple[DueRequest, ...]]:
    number = Window(RowNumber(), partition_by="due_day", order_by=["due_at", "pk"])
    rows = days.annotate(number=number).filter(number__lte=listed).order_by("due_day", "due_at", "pk")
    found: dict[date, list[DueRequest]] = {}
    for row in rows:
        found.setdefault(vars(row)["due_day"], []).append(_as_due(row))
    return {day: tuple(requests) for day, requests in found.items()}


def _as_due(row: Request) -> DueRequest:
    return DueRequest(
        request_id=row.pk,
        reference=row.reference,
        type=RequestType(row.type),
        state=RequestState(row.state),
        jurisdiction=row.jurisdiction,
        due_at=row.due_at,
        is_extended=row.extended_at is not None,
        is_paused=row.paused_at is not None,
        assigned_to=row.assigned_to_id,
    )
