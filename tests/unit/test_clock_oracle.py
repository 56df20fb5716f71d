"""Every day of several years, counted by the rules and by walking from day to day: the same."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent.policies.document.codes import load_codes
from consent.policies.law.shipped import load_shipped_law
from consent.policies.law.types import Clock, LawTable
from consent.requests.clocks import counting
from consent.requests.clocks.months import add_months
from consent.requests.clocks.rules import compute_deadlines
from consent.requests.clocks.types import Deadlines
from consent.requests.types import RequestType
from tests.clock_oracle import (
    business_end,
    calendar_end,
    german_holidays,
    holidays_of,
    month_end,
    south_african_end,
)

_SHIPPED = load_shipped_law()
LAW = LawTable(_SHIPPED.places, tuple(row for row in _SHIPPED.provisions if isinstance(row, Clock)))
FIRST, LAST = date(2026, 2, 5), date(2030, 2, 5)  # a leap day and four Easters between them
EEA = sorted(load_codes().groups["EEA"])


def days(first: date = FIRST, last: date = LAST) -> Iterator[date]:
    day = first
    while day < last:
        yield day
        day += timedelta(days=1)


def dates_of(jurisdiction: str, day: date, request_type: RequestType = RequestType.ACCESS) -> Deadlines:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return compute_deadlines(LAW, jurisdiction=jurisdiction, type=request_type, received_at=noon)


def due_and_extended(jurisdiction: str, day: date) -> tuple[date | None, date | None]:
    found = dates_of(jurisdiction, day)
    return found.due_on.on, found.extended_due_on.on if found.extended_due_on else None


@pytest.mark.parametrize("country", EEA)
def test_months_of_every_member_state_are_those_of_the_oracle(country: str) -> None:
    is_holiday = german_holidays if country == "DE" else holidays_of(country)

    for day in days():
        expected = (month_end(day, 1, is_holiday), month_end(day, 3, is_holiday))
        assert due_and_extended(country, day) == expected, day


def test_months_of_the_uk_are_those_of_the_oracle() -> None:
    is_holiday = holidays_of("GB", "ENG")

    for day in days():
        expected = (month_end(day, 1, is_holiday), month_end(day, 3, is_holiday))
        assert due_and_extended("GB", day) == expected, day


@pytest.mark.parametrize(
    ("jurisdiction", "first", "both"),
    [("US-CA", 45, 90), ("US-VA", 45, 90), ("US-FL", 45, 60), ("US-IA", 90, 135), ("CA", 30, 60)],
)
def test_calendar_days_are_those_of_the_oracle(jurisdiction: str, first: int, both: int) -> None:
    for day in days(last=FIRST + timedelta(days=800)):
        assert due_and_extended(jurisdiction, day) == (calendar_end(day, first), calendar_end(day, both)), day


def test_californias_business_days_are_those_of_the_oracle() -> None:
    is_holiday = holidays_of("US", "CA")

    for day in days():
        access, opt_out = dates_of("US-CA", day), dates_of("US-CA", day, RequestType.OPT_OUT)
        assert access.acknowledge_by is not None
        assert access.acknowledge_by.on == business_end(day, 10, is_holiday), day
        assert opt_out.due_on.on == business_end(day, 15, is_holiday), day


def test_south_african_days_are_those_of_the_oracle() -> None:
    is_holiday = holidays_of("ZA")

    for day in days():
        expected = (south_african_end(day, 30, is_holiday), south_african_end(day, 60, is_holiday))
        assert due_and_extended("ZA", day) == expected, day


def _spills_over(start: date, months: int) -> date:
    first = date(start.year + (start.month + months - 1) // 12, (start.month + months - 1) % 12 + 1, 1)
    return first + timedelta(days=start.day - 1)


def _counts_the_day_of_receipt(start: date, months: int) -> date:
    return add_months(start, months) - timedelta(days=1)


def _thirty_days(start: date, months: int) -> date:
    return start + timedelta(days=30 * months)


def _knows_no_holidays(day: date, _calendar: Any) -> bool:
    return day.isoweekday() < 6


def _knows_no_saturdays(day: date, calendar: Any) -> bool:
    return day.isoweekday() < 7 and calendar.name_of(day) is None


def _moves_nothing(day: date, _calendar: Any) -> bool:
    return True


@pytest.mark.parametrize("mutant", [_spills_over, _counts_the_day_of_receipt, _thirty_days])
def test_the_oracle_finds_a_month_that_is_counted_wrong(
    mutant: Callable[[date, int], date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "add_months", mutant)

    with pytest.raises(AssertionError):
        test_months_of_every_member_state_are_those_of_the_oracle("DE")


@pytest.mark.parametrize("mutant", [_knows_no_holidays, _knows_no_saturdays, _moves_nothing])
def test_the_oracle_finds_an_end_that_is_moved_wrong(
    mutant: Callable[[date, Any], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_MAY_END", dict.fromkeys(counting._MAY_END, mutant))

    with pytest.raises(AssertionError):
        test_months_of_every_member_state_are_those_of_the_oracle("DE")
