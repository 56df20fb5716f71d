"""Every row of the law table, every type of request, many years: there are dates that explain themselves."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent.policies.document.codes import load_codes
from consent.policies.law.shipped import load_shipped_law
from consent.policies.law.types import Clock, LawTable
from consent.requests.clocks.pauses import pause_rule
from consent.requests.clocks.rules import compute_deadlines
from consent.requests.clocks.types import ClockEvent, ComputedDate, Deadlines
from consent.requests.clocks.wording import day_words
from consent.requests.clocks.zones import day_of, end_of, zone_of
from consent.requests.types import EventKind, PauseGround, RequestType

_SHIPPED = load_shipped_law()
CLOCKS = tuple(row for row in _SHIPPED.provisions if isinstance(row, Clock))
LAW = LawTable(_SHIPPED.places, CLOCKS)
NOON = datetime(2018, 1, 1, 12, tzinfo=UTC)


def named(dates: Deadlines) -> list[ComputedDate]:
    found = (
        dates.acknowledge_by,
        dates.due_on,
        dates.extended_due_on,
        dates.extension_notice_by,
        dates.decline_notice_by,
        dates.appeal,
    )
    return [one for one in found if one]


def is_one_sentence(words: str) -> bool:
    plain = words.replace("Jr.", "Jr")
    return plain[0].isupper() and plain.index(".") == len(plain) - 1


@pytest.mark.parametrize("request_type", list(RequestType))
def test_everywhere_and_in_every_year_there_are_dates_that_explain_themselves(
    request_type: RequestType,
) -> None:
    for place in (*LAW.places, "MX", "US-NY", ""):
        for step in range(0, 365 * 14, 97):
            at = NOON + timedelta(days=step)
            found = compute_deadlines(LAW, jurisdiction=place, type=request_type, received_at=at)
            last = day_of(found.due_at - timedelta(seconds=1), found.zone)
            assert found.due_at > at
            assert found.due_at == end_of(last, found.zone)
            assert found.due_on.on in {None, last}
            for one in named(found):
                assert one.source
                assert is_one_sentence(one.explanation)
                assert one.on is None or day_words(one.on) in one.explanation
                assert one.on is None or one.on > found.received_on


@pytest.mark.parametrize("row", CLOCKS, ids=lambda row: f"{row.jurisdiction}-{row.kind}-{row.effective_from}")
def test_every_row_of_the_table_gives_a_date_to_some_request(row: Clock) -> None:
    at = datetime.combine(row.effective_from, datetime.min.time(), ZoneInfo(zone_of(row.jurisdiction)))

    sources = {
        one.source
        for request_type in RequestType
        for one in named(
            compute_deadlines(LAW, jurisdiction=row.jurisdiction, type=request_type, received_at=at)
        )
    }

    assert any(source.startswith(row.citation) for source in sources)


def test_every_country_has_a_time_zone() -> None:
    codes = load_codes()
    uninhabited = {"BV", "HM"}

    assert {code for code in codes.all_codes if zone_of(code) == "UTC"} <= uninhabited
    assert all(ZoneInfo(zone_of(code)) for code in codes.all_codes)


def test_a_pause_never_makes_a_date_earlier_and_one_that_the_law_does_not_know_changes_nothing() -> None:
    received = datetime(2026, 8, 3, 12, tzinfo=UTC)
    for place in LAW.places:
        for ground in PauseGround:
            plain = compute_deadlines(LAW, jurisdiction=place, type=RequestType.ACCESS, received_at=received)
            for length in range(0, 40, 3):
                events = (
                    ClockEvent(kind=EventKind.PAUSED, at=received + timedelta(days=2), ground=ground.value),
                    ClockEvent(kind=EventKind.RESUMED, at=received + timedelta(days=2 + length)),
                )
                found = compute_deadlines(
                    LAW, jurisdiction=place, type=RequestType.ACCESS, received_at=received, events=events
                )
                clock = LAW.in_force(date(2026, 8, 3)).first(Clock, place, kind="respond")
                known = clock is not None and pause_rule(clock, ground) is not None
                assert found.due_at >= plain.due_at
                assert known or found == plain
