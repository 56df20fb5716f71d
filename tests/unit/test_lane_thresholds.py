"""The comparisons of lanes agree with the calendar, at month ends, leap days and to the microsecond."""

from datetime import UTC, date, datetime, timedelta

import pytest

from activation.decisions.view import LAST_TIME_ZONE
from activation.snapshots.compact.times import DAY, from_micros, to_micros
from activation.snapshots.lanes.thresholds import REFRESHED_EVERY, Birthday, OwnEnd, PeriodEnd, Threshold
from consent.kernel.periods import Period

PERIODS = ["P1D", "P30D", "P1M", "P6M", "P12M", "P13M", "P24M", "P1Y", "P2Y", "P1M15D"]
FIRST, LAST = date(2023, 1, 1), date(2028, 4, 1)


def days_that_matter() -> list[date]:
    """Return the days around every end of a month."""
    every = [FIRST + timedelta(days=count) for count in range((LAST - FIRST).days)]
    return [day for day in every if day.day >= 27 or day.day <= 2]


def passes(threshold: Threshold, time: int, at: int) -> bool:
    """Return what a lane makes of the threshold, as `Lane.answer` does."""
    return time <= threshold.over_until or (time <= threshold.running_from and threshold.has_passed(time, at))


@pytest.mark.parametrize("text", PERIODS)
def test_a_period_is_over_when_the_calendar_says_so(text: str) -> None:
    period = Period.parse(text)
    threshold = PeriodEnd(period)
    for day in days_that_matter():
        start = datetime(day.year, day.month, day.day, 23, 30, 0, 1, tzinfo=UTC)
        end = to_micros(period.after(start))
        assert threshold.end_of(to_micros(start)) == end
        for refreshed_at in (end - REFRESHED_EVERY + 2, end - 1, end):
            threshold.refresh(refreshed_at)
            for at in (end - 1, end, end + 1):
                if refreshed_at <= at < refreshed_at + REFRESHED_EVERY:
                    assert passes(threshold, to_micros(start), at) is (at >= end), (start, from_micros(at))


@pytest.mark.parametrize("text", PERIODS)
def test_every_start_near_the_edge_of_a_window_is_asked_of_the_calendar(text: str) -> None:
    period = Period.parse(text)
    threshold = PeriodEnd(period)
    for day in days_that_matter()[::3]:
        at = to_micros(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        threshold.refresh(at)
        begun = at - (to_micros(period.after(from_micros(at))) - at)
        for start in range(begun - 12 * DAY, begun + 12 * DAY, DAY // 2):
            for later in (at, at + REFRESHED_EVERY - 1):
                assert passes(threshold, start, later) is (
                    to_micros(period.after(from_micros(start))) <= later
                )


def birthday(born_on: date, years: int) -> int:
    """Return when somebody is `years` old in the last time zone; those of 29 February, on 1 March."""
    try:
        day = born_on.replace(year=born_on.year + years)
    except ValueError:
        day = date(born_on.year + years, 3, 1)
    return to_micros(datetime(day.year, day.month, day.day, tzinfo=UTC) + LAST_TIME_ZONE)


@pytest.mark.parametrize("years", [13, 16, 18])
def test_a_birthday_is_reached_when_the_calendar_says_so(years: int) -> None:
    threshold = Birthday(years)
    first = date(2008, 1, 1)
    for count in range(5 * 366):
        born_on = first + timedelta(days=count)
        end = birthday(born_on, years)
        assert threshold.end_of(born_on.toordinal()) == end
        for refreshed_at in (end - REFRESHED_EVERY + 2, end - 1, end):
            threshold.refresh(refreshed_at)
            for at in (end - 1, end, end + 1):
                if refreshed_at <= at < refreshed_at + REFRESHED_EVERY:
                    assert passes(threshold, born_on.toordinal(), at) is (at >= end), (born_on, at)


def test_an_end_of_its_own_is_over_at_that_moment() -> None:
    threshold, end = OwnEnd(), to_micros(datetime(2026, 3, 1, tzinfo=UTC))
    for refreshed_at in (end - REFRESHED_EVERY + 2, end - 1, end):
        threshold.refresh(refreshed_at)
        for at in (end - 1, end, end + 1):
            if refreshed_at <= at:
                assert passes(threshold, end, at) is (at >= end)
