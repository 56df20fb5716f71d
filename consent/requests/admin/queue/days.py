"""The day on which a request is due, in the database, as days are counted where the person lives."""

from datetime import UTC, date, datetime, timedelta

from django.db.models import DateField, F, Func, QuerySet
from django.db.models.functions import Cast

from consent.requests.models import Request

_AROUND = timedelta(days=2)  # no zone is farther from UTC: an index narrows first, the exact day then


def due_between(rows: QuerySet[Request], first: date, last: date) -> QuerySet[Request]:
    """Return the requests whose last day in time is one of these; `due_day` is that day."""
    nearly = rows.filter(due_at__gte=_start_of(first) - _AROUND, due_at__lte=_start_of(last) + 2 * _AROUND)
    return nearly.alias(due_day=_last_day()).filter(due_day__gte=first, due_day__lte=last)


def _last_day() -> Cast:
    moment = F("due_at") - timedelta(microseconds=1)
    return Cast(Func("zone", moment, function="timezone"), DateField())


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
