"""Summing up counted requests. Pure: no database, no clock."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal

from consent.requests.figures.types import (
    CaliforniaRow,
    Counted,
    Duration,
    GroundCount,
    Group,
    SummaryRow,
)
from consent.requests.types import RefusalGround, RequestState, RequestType

COMPLIED = frozenset({RequestState.FULFILLED, RequestState.PARTLY_FULFILLED})
ANSWERED = COMPLIED | {RequestState.REFUSED}
_TENTH = Decimal("0.1")
KINDS: tuple[tuple[str, frozenset[RequestType]], ...] = (
    ("delete", frozenset({RequestType.ERASURE})),
    ("correct", frozenset({RequestType.RECTIFICATION})),
    ("know", frozenset({RequestType.ACCESS, RequestType.PORTABILITY})),
    ("opt out of sale and sharing", frozenset({RequestType.OPT_OUT})),
    ("limit the use of sensitive data", frozenset({RequestType.LIMIT_SENSITIVE})),
)
"""The kinds of 11 CCR 7102(a)(1)(A) to (E), in its order."""


def sum_up_california(received: Iterable[Group]) -> tuple[CaliforniaRow, ...]:
    """Return a row for each kind of request, of those received within the year."""
    groups = tuple(received)
    return tuple(
        _california_row(kind, tuple(one for one in groups if one.type in types)) for kind, types in KINDS
    )


def _california_row(kind: str, groups: tuple[Group, ...]) -> CaliforniaRow:
    in_state = _by_state(groups)
    complied = sum(in_state[state] for state in COMPLIED)
    ended = in_state[RequestState.EXPIRED] + in_state[RequestState.CANCELLED]
    received, denied = in_state.total(), in_state[RequestState.REFUSED]
    return CaliforniaRow(
        kind=kind,
        received=received,
        complied=complied,
        complied_in_part=in_state[RequestState.PARTLY_FULFILLED],
        denied=denied,
        denied_by_ground=count_grounds(groups),
        never_verified=in_state[RequestState.EXPIRED],
        taken_back=in_state[RequestState.CANCELLED],
        pending=received - complied - denied - ended,
        duration=tell_duration(groups),
    )


def sum_up(name: str, counted: Counted, *, where: Callable[[Group], bool] = lambda _: True) -> SummaryRow:
    """Return how the requests went that `where` picks."""
    received, closed, pending = (
        tuple(filter(where, groups)) for groups in (counted.received, counted.closed, counted.pending)
    )
    in_state = _by_state(closed)
    answered = tuple(one for one in closed if one.state in ANSWERED)
    late = _count(one for one in answered if one.is_late)
    return SummaryRow(
        name=name,
        received=_count(received),
        closed=_count(closed),
        answered=_count(answered),
        fulfilled=in_state[RequestState.FULFILLED],
        partly_fulfilled=in_state[RequestState.PARTLY_FULFILLED],
        refused=in_state[RequestState.REFUSED],
        refused_by_ground=count_grounds(closed),
        in_time=_count(answered) - late,
        late=late,
        extended=_count(one for one in answered if one.is_extended),
        expired=in_state[RequestState.EXPIRED],
        cancelled=in_state[RequestState.CANCELLED],
        pending=_count(pending),
        pending_overdue=_count(one for one in pending if one.is_late),
        duration=tell_duration(closed),
    )


def count_grounds(groups: Iterable[Group]) -> tuple[GroundCount, ...]:
    """Return how many were refused on each ground, in the order of the list of grounds."""
    counted: Counter[RefusalGround] = Counter()
    for one in groups:
        if one.state is RequestState.REFUSED and one.ground is not None:
            counted[one.ground] += one.count
    return tuple(
        GroundCount(ground=ground, count=counted[ground]) for ground in RefusalGround if counted[ground]
    )


def tell_duration(groups: Iterable[Group]) -> Duration:
    """Return how long answers took, of the groups that were answered."""
    days: Counter[int] = Counter()
    for one in groups:
        if one.state in ANSWERED and one.days is not None:
            days[one.days] += one.count
    answered = days.total()
    if not answered:
        return Duration(answered=0, median_days=None, mean_days=None)
    total = sum(day * count for day, count in days.items())
    return Duration(
        answered=answered,
        median_days=_to_tenth(Decimal(_at(days, (answered - 1) // 2) + _at(days, answered // 2)) / 2),
        mean_days=_to_tenth(Decimal(total) / answered),
    )


def _at(days: Counter[int], place: int) -> int:
    """Return the value at `place`, from 0, if all were laid out in a row from the shortest on."""
    passed = 0
    for day in sorted(days):
        passed += days[day]
        if place < passed:
            return day
    raise IndexError(place)


def _to_tenth(number: Decimal) -> float:
    return float(number.quantize(_TENTH, rounding=ROUND_HALF_UP))


def _by_state(groups: Iterable[Group]) -> Counter[RequestState]:
    counted: Counter[RequestState] = Counter()
    for one in groups:
        counted[one.state] += one.count
    return counted


def _count(groups: Iterable[Group]) -> int:
    return sum(one.count for one in groups)
