"""Deadlines against worked examples: those of the Commission, the EDPB, the ICO and California, and edges."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent.policies.law.shipped import load_shipped_law
from consent.requests.clocks.rules import compute_deadlines
from consent.requests.clocks.types import ClockEvent, Deadlines
from consent.requests.types import EventKind, RequestType

LAW = load_shipped_law()


def noon(day: str, zone: str = "UTC") -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(zone)).replace(hour=12)


def dates_of(jurisdiction: str, day: str, *events: ClockEvent, type: str = "access") -> Deadlines:  # noqa: A002
    return compute_deadlines(
        LAW,
        jurisdiction=jurisdiction,
        type=RequestType(type),
        received_at=noon(day),
        events=events,
    )


def paused(day: str, ground: str = "identity") -> ClockEvent:
    return ClockEvent(kind=EventKind.PAUSED, at=noon(day), ground=ground)


def resumed(day: str) -> ClockEvent:
    return ClockEvent(kind=EventKind.RESUMED, at=noon(day))


def extended(day: str, until: str | None = None) -> ClockEvent:
    told = date.fromisoformat(until) if until else None
    return ClockEvent(kind=EventKind.EXTENDED, at=noon(day), ground="complexity", until=told)


@pytest.mark.parametrize(
    ("jurisdiction", "received", "due"),
    [
        # EDPB Guidelines 01/2022: received on 5 March, until and including 5 April
        ("DE", "2024-03-05", "2024-04-05"),
        # EDPB Guidelines 01/2022: received on 31 August, no 31 September
        ("DE", "2027-08-31", "2027-09-30"),
        ("DE", "2026-03-05", "2026-04-07"),  # a Sunday, then Easter Monday
        ("DE", "2026-03-03", "2026-04-07"),  # Good Friday, a weekend, Easter Monday
        ("SE", "2026-05-06", "2026-06-08"),  # National Day, and a Saturday
        ("DE", "2026-05-06", "2026-06-08"),  # a Saturday
        ("GR", "2026-03-10", "2026-04-14"),  # the Orthodox Good Friday, a weekend, Easter Monday
        ("DE", "2026-03-10", "2026-04-10"),  # which is no holiday in Germany
        ("DE", "2027-01-31", "2027-03-01"),  # the last of February is a Sunday
        ("DE", "2028-01-31", "2028-02-29"),  # leap year
        ("DE", "2028-02-29", "2028-03-29"),
        ("DE", "2026-12-01", "2027-01-04"),  # New Year's Day, a Friday
        ("EU", "2026-11-25", "2026-12-25"),  # nobody's holidays: no member state is known
        ("NO", "2026-04-17", "2026-05-18"),  # the EEA's row; 17 May is a Sunday
        # ICO: received on 3 September, due on 3 October; received on 31 March, due on 30 April
        ("GB", "2025-09-03", "2025-10-03"),
        ("GB", "2025-03-31", "2025-04-30"),
        ("GB", "2026-11-25", "2026-12-29"),  # Christmas, a weekend, Boxing Day's substitute
        ("US-CA", "2026-03-25", "2026-05-09"),  # a Saturday: California's date stays
        ("US-VA", "2026-07-05", "2026-08-19"),
        ("BR", "2026-03-05", "2026-03-20"),
        ("ZA", "2026-03-05", "2026-04-04"),  # a Saturday: it may end there
        ("ZA", "2026-03-06", "2026-04-07"),  # a Sunday, then Family Day
    ],
)
def test_an_answer_is_due_on_the_day_that_the_law_counts_to(
    jurisdiction: str, received: str, due: str
) -> None:
    assert dates_of(jurisdiction, received).due_on.on == date.fromisoformat(due)


def test_the_date_says_why_it_is_that_one() -> None:
    found = dates_of("DE", "2026-03-05").due_on

    assert found.explanation == (
        "Received on Thursday 5 March 2026; one month ends on 5 April 2026, a Sunday, and 6 April 2026 is "
        "Easter Monday in Germany, so it is due on Tuesday 7 April 2026."
    )
    assert found.source == "Regulation (EU) 2016/679 Art. 12(3) and (4); Regulation 1182/71 Art. 3"


def test_an_extension_is_counted_from_the_receipt_and_not_from_the_first_end() -> None:
    found = dates_of("DE", "2026-03-05", extended("2026-03-20"))

    assert found.extended_due_on is not None
    assert found.extended_due_on.on == date(2026, 6, 5)  # not 7 July, two months after 7 April
    assert found.is_extended
    assert found.due_at == datetime(2026, 6, 5, 22, tzinfo=UTC)


def test_california_acknowledges_in_business_days_and_answers_in_calendar_days() -> None:
    found = dates_of("US-CA", "2026-03-25")
    opted_out = dates_of("US-CA", "2026-11-20", type="opt_out")

    assert found.acknowledge_by is not None
    assert found.extended_due_on is not None
    assert found.acknowledge_by.on == date(2026, 4, 9)  # Cesar Chavez Day is a holiday of the state
    assert found.extended_due_on.on == date(2026, 3, 25) + timedelta(days=90)
    assert opted_out.due_on.on == date(2026, 12, 15)  # Thanksgiving, and the day after it
    assert opted_out.acknowledge_by is None
    assert "Thanksgiving Day" in opted_out.due_on.explanation


def test_california_knows_no_pause() -> None:
    found = dates_of("US-CA", "2026-03-25", paused("2026-03-26"), resumed("2026-04-20"))

    assert found == dates_of("US-CA", "2026-03-25")


def test_in_the_eu_days_spent_waiting_for_identity_are_added() -> None:
    found = dates_of("DE", "2026-03-05", paused("2026-03-07"), resumed("2026-03-12"))

    assert found.due_on.on == date(2026, 4, 10)
    assert "stood still for five days for identity" in found.due_on.explanation
    assert "secondary" in found.due_on.source
    assert not found.is_paused


def test_in_the_eu_nothing_stands_still_for_a_fee_or_a_clarification() -> None:
    for ground in ("fee", "clarification"):
        events = (paused("2026-03-07", ground), resumed("2026-03-12"))
        assert dates_of("DE", "2026-03-05", *events) == dates_of("DE", "2026-03-05")


def test_the_uk_begins_again_when_identity_is_shown_and_adds_days_of_clarification() -> None:
    events = (
        paused("2026-03-07"),
        resumed("2026-03-12"),
        paused("2026-03-13", "clarification"),
        resumed("2026-03-14"),
    )

    assert dates_of("GB", "2026-03-05", *events[:2]).due_on.on == date(2026, 4, 13)  # 12 April is a Sunday
    assert dates_of("GB", "2026-03-05", *events).due_on.on == date(2026, 4, 13)
    assert dates_of("GB", "2026-03-02", *events[2:]).due_on.on == date(2026, 4, 7)  # 3 April is Good Friday


def test_clarification_on_the_day_it_was_asked_for_adds_nothing() -> None:
    events = (paused("2026-03-13", "clarification"), resumed("2026-03-13"))

    assert dates_of("GB", "2026-03-05", *events).due_on.on == dates_of("GB", "2026-03-05").due_on.on


def test_a_clock_that_stands_still_is_dated_as_if_it_went_on_at_once() -> None:
    found = dates_of("DE", "2026-03-05", paused("2026-03-07"))

    assert found.is_paused
    assert found.due_on.on == dates_of("DE", "2026-03-05").due_on.on
    assert "stands still since 7 March 2026" in found.due_on.explanation


def test_without_delay_has_no_date_and_is_sorted_by_a_mark_of_our_own() -> None:
    found = dates_of("FR", "2026-07-03", type="withdrawal")

    assert found.due_on.on is None
    assert found.due_at == datetime(2026, 7, 6, 22, tzinfo=UTC)  # the next working day is a Monday
    assert "mark of our own" in found.due_on.explanation


def test_an_open_extension_ends_on_the_day_that_the_person_was_told() -> None:
    found = dates_of("CH", "2026-07-06", extended("2026-07-20", "2026-09-01"))

    assert dates_of("CH", "2026-07-06").extended_due_on is None
    assert found.extended_due_on is not None
    assert found.extended_due_on.on == date(2026, 9, 1)
    assert found.due_at == datetime(2026, 9, 1, 22, tzinfo=UTC)


def test_where_no_law_is_on_record_it_is_said_and_the_shortest_month_is_counted() -> None:
    found = dates_of("MX", "2026-03-05", extended("2026-03-10"), paused("2026-03-06"))

    assert found.due_on.on == date(2026, 4, 2)
    assert found.due_on.explanation.startswith("No law on record sets a time for this in MX")
    assert found.check_before_use
    assert found.extended_due_on is None
    assert not found.is_paused
    assert not found.is_extended


def test_where_nobody_has_decided_on_a_jurisdiction_the_shortest_time_on_record_counts() -> None:
    found = dates_of("", "2026-03-05")

    assert found.due_on.on == date(2026, 3, 15)
    assert "No jurisdiction has been decided on" in found.due_on.explanation


def test_a_law_that_was_not_yet_in_force_is_not_counted_by() -> None:
    before, after = dates_of("US-VA", "2022-12-31"), dates_of("US-VA", "2023-01-02")

    assert before.check_before_use
    assert before.due_on.on == date(2023, 1, 28)
    assert after.due_on.on == date(2023, 2, 16)


def test_a_complaint_to_a_british_controller_is_acknowledged_within_30_days() -> None:
    found = dates_of("GB", "2026-07-06", type="complaint")

    assert found.acknowledge_by is not None
    assert found.acknowledge_by.on == date(2026, 8, 5)
    assert found.due_on.explanation.startswith("The law on record sets no time for this complaint")
    assert dates_of("GB", "2026-07-06").acknowledge_by is None
    assert dates_of("GB", "2026-06-18", type="complaint").acknowledge_by is None  # not yet in force


def test_an_appeal_has_a_time_of_its_own_and_the_law_says_how_a_refusal_is_appealed() -> None:
    appeal = dates_of("US-CO", "2026-07-06", extended("2026-07-10"), type="appeal")
    access = dates_of("US-CO", "2026-07-06")

    assert appeal.extended_due_on is not None
    assert (appeal.due_on.on, appeal.extended_due_on.on) == (date(2026, 8, 20), date(2026, 10, 19))
    assert access.appeal is not None
    assert "45 calendar days" in access.appeal.explanation
    assert appeal.appeal is None


@pytest.mark.parametrize(
    ("zone", "jurisdiction", "moment", "received_on"),
    [
        ("Europe/Berlin", "DE", "2026-03-04T23:30:00+00:00", "2026-03-05"),
        ("Europe/Berlin", "DE", "2026-03-29T00:30:00+00:00", "2026-03-29"),  # the night of summer time
        ("Europe/Berlin", "DE", "2026-10-25T00:30:00+00:00", "2026-10-25"),  # 02:30 comes twice
        ("America/Los_Angeles", "US-CA", "2026-03-06T07:59:59+00:00", "2026-03-05"),
        ("Asia/Tokyo", "JP", "2025-12-31T15:00:00+00:00", "2026-01-01"),
    ],
)
def test_the_day_of_receipt_is_that_of_the_jurisdiction(
    zone: str, jurisdiction: str, moment: str, received_on: str
) -> None:
    found = compute_deadlines(
        LAW,
        jurisdiction=jurisdiction,
        type=RequestType.ACCESS,
        received_at=datetime.fromisoformat(moment),
    )

    assert found.zone == zone
    assert found.received_on == date.fromisoformat(received_on)


@pytest.mark.parametrize(
    ("jurisdiction", "received", "ends"),
    [
        ("DE", "2026-02-27", "2026-03-27T23:00:00+00:00"),  # winter time still
        ("DE", "2026-02-28", "2026-03-30T22:00:00+00:00"),  # summer time
        ("DE", "2026-09-26", "2026-10-26T23:00:00+00:00"),
        ("US-CA", "2026-09-17", "2026-11-02T08:00:00+00:00"),  # due on the day of 25 hours
    ],
)
def test_the_day_ends_at_midnight_there_whatever_clocks_do(
    jurisdiction: str, received: str, ends: str
) -> None:
    assert dates_of(jurisdiction, received).due_at == datetime.fromisoformat(ends)
