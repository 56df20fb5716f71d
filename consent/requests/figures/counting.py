"""Counting requests in the database: one statement for each population, however many requests there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from consent.requests.figures.types import Counted, Group
from consent.requests.types import RefusalGround, RequestState, RequestType

_RECEIVED_ON = "(received_at AT TIME ZONE zone)::date"
_CLOSED_ON = "(closed_at AT TIME ZONE zone)::date"
_WHOLE_DAYS = timedelta(days=2)  # no zone is farther from UTC: an index narrows first, the exact day then
_RECEIVED_WITHIN = (
    "received_at >= %(after)s AND received_at < %(before)s"
    f" AND {_RECEIVED_ON} >= %(since)s AND {_RECEIVED_ON} < %(until)s"
)
_CLOSED_WITHIN = (
    "closed_at >= %(after)s AND closed_at < %(before)s"
    f" AND {_CLOSED_ON} >= %(since)s AND {_CLOSED_ON} < %(until)s"
)
_PENDING = (
    f"received_at < %(before)s AND {_RECEIVED_ON} < %(until)s"
    f" AND (closed_at IS NULL OR {_CLOSED_ON} >= %(until)s)"
)
_CLOSED_LATE = "closed_at IS NOT NULL AND closed_at >= due_at"
_OVERDUE = "due_at <= LEAST((%(until)s::date)::timestamp AT TIME ZONE zone, %(at)s)"
_POPULATIONS: Mapping[str, tuple[str, str]] = {
    "received": (_RECEIVED_WITHIN, _CLOSED_LATE),
    "closed": (_CLOSED_WITHIN, _CLOSED_LATE),
    "pending": (_PENDING, _OVERDUE),
}
"""Population -> which requests it is about, and when one of them counts as late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which requests figures are asked of."""

    since: date
    until: date
    """The first day that is not part of it."""
    at: datetime
    """Now: of a period that is not over, nothing is late because of what is to come."""
    controller: str | None = None
    jurisdiction: str | None = None
    types: frozenset[RequestType] = frozenset()
    """Empty: all."""


def count_received(asked: Asked) -> tuple[Group, ...]:
    """Return the requests received within the period, counted, in one statement."""
    return _count("received", asked)


def count_all(asked: Asked) -> Counted:
    """Return the three populations, counted, in one statement each."""
    return Counted(**{name: _count(name, asked) for name in _POPULATIONS})


def _count(population: str, asked: Asked) -> tuple[Group, ...]:
    narrowed, given = _narrow(asked)
    with connection.cursor() as cursor:
        cursor.execute(_statement(population, narrowed), given)
        return tuple(_group(*row) for row in cursor.fetchall())


def _statement(population: str, narrowed: str) -> str:
    where, late = _POPULATIONS[population]
    return f"""
        SELECT controller, jurisdiction, type, state, ground, extended_at IS NOT NULL, {late},
            {_CLOSED_ON} - {_RECEIVED_ON}, count(*)
        FROM consent_requests_request
        WHERE joined_to_id IS NULL AND {where}{narrowed}
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    """  # noqa: S608 - constants of this file


def _narrow(asked: Asked) -> tuple[str, Mapping[str, Any]]:
    given: dict[str, Any] = {
        "since": asked.since,
        "until": asked.until,
        "at": asked.at,
        "after": _start_of(asked.since) - _WHOLE_DAYS,
        "before": _start_of(asked.until) + _WHOLE_DAYS,
    }
    narrowed = ""
    for name in ("controller", "jurisdiction"):
        if (value := getattr(asked, name)) is not None:
            given[name], narrowed = value, f"{narrowed} AND {name} = %({name})s"
    if asked.types:
        given["types"] = sorted(asked.types)
        narrowed += " AND type = ANY(%(types)s)"
    return narrowed, given


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _group(
    controller: str,
    jurisdiction: str,
    type_: str,
    state: str,
    ground: str,
    is_extended: bool,
    is_late: bool,
    days: int | None,
    count: int,
) -> Group:
    return Group(
        controller=controller,
        jurisdiction=jurisdiction,
        type=RequestType(type_),
        state=RequestState(state),
        ground=RefusalGround(ground) if ground else None,
        is_extended=is_extended,
        is_late=is_late,
        days=days,
        count=count,
    )
