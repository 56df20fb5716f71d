"""Making figures: counted in the database, summed up by the rules, with what each of them means."""

from collections.abc import Callable
from datetime import date, datetime

from consent.requests.figures.counting import Asked, count_all, count_received
from consent.requests.figures.definitions import (
    CALIFORNIA_DEFINITIONS,
    SUMMARY_DEFINITIONS,
    list_definitions,
)
from consent.requests.figures.rules import KINDS, sum_up, sum_up_california
from consent.requests.figures.types import CaliforniaFigures, Counted, Group, SummaryFigures, SummaryRow
from consent.requests.types import RequestType

US_CA = "US-CA"
_OF_CALIFORNIA = frozenset().union(*(types for _, types in KINDS))


def make_california_figures(
    *, year: int, at: datetime, controller: str | None = None, jurisdiction: str = US_CA
) -> CaliforniaFigures:
    """Return the metrics of 11 CCR 7102(a) for one calendar year, in one statement."""
    asked = Asked(
        since=date(year, 1, 1),
        until=date(year + 1, 1, 1),
        at=at,
        controller=controller,
        jurisdiction=jurisdiction,
        types=_OF_CALIFORNIA,
    )
    return CaliforniaFigures(
        year=year,
        jurisdiction=jurisdiction,
        controller=controller,
        generated_at=at,
        rows=sum_up_california(count_received(asked)),
        definitions=list_definitions(CALIFORNIA_DEFINITIONS),
    )


def make_summary(
    *,
    since: date,
    until: date,
    at: datetime,
    controller: str | None = None,
    jurisdiction: str | None = None,
) -> SummaryFigures:
    """Return how requests went from the day `since` to the day before `until`, in three statements."""
    counted = count_all(
        Asked(since=since, until=until, at=at, controller=controller, jurisdiction=jurisdiction)
    )
    return SummaryFigures(
        since=since,
        until=until,
        jurisdiction=jurisdiction,
        controller=controller,
        generated_at=at,
        total=sum_up("total", counted),
        by_type=tuple(sum_up(one.value, counted, where=_of_type(one)) for one in RequestType),
        by_controller=_split(counted, lambda group: group.controller),
        by_jurisdiction=_split(counted, lambda group: group.jurisdiction),
        definitions=list_definitions(SUMMARY_DEFINITIONS),
    )


def _of_type(type_: RequestType) -> Callable[[Group], bool]:
    return lambda group: group.type is type_


def _split(counted: Counted, name_of: Callable[[Group], str]) -> tuple[SummaryRow, ...]:
    """Return a row for each name there is, in the order of names."""
    names = {name_of(one) for one in (*counted.received, *counted.closed, *counted.pending)}
    return tuple(sum_up(name, counted, where=_named(name, name_of)) for name in sorted(names))


def _named(name: str, name_of: Callable[[Group], str]) -> Callable[[Group], bool]:
    return lambda group: name_of(group) == name
