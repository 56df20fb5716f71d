"""Periods of validity: calendar units, and nothing that has no length."""

from datetime import UTC, datetime

import pytest

from consent.kernel.periods import MalformedPeriod, Period


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("P13M", (2026, 1, 31), (2027, 2, 28)),
        ("P2Y", (2024, 2, 29), (2026, 2, 28)),
        ("P30D", (2026, 1, 31), (2026, 3, 2)),
        ("P2W", (2026, 12, 25), (2027, 1, 8)),
        ("P1Y6M10D", (2026, 1, 1), (2027, 7, 11)),
    ],
)
def test_a_period_ends_where_the_calendar_says(
    text: str, start: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    assert Period.parse(text).after(datetime(*start, tzinfo=UTC)) == datetime(*end, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "P0D",
        "P0Y0M",
        "P-1D",
        "1M",
        "p1m",
        "P1H",
        "PT1H",
        "P1M1Y",
        "P1.5M",
        "P1M\n",
        "P٣M",
        "P99999999D",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(MalformedPeriod):
        Period.parse(text)


def test_a_period_past_the_calendar_s_end_ends_there() -> None:
    assert Period.parse("P999Y").after(datetime(9500, 1, 1, tzinfo=UTC)).year == 9999
