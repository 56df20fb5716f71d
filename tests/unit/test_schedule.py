"""What a schedule is, and when it is due next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.enforcement.standing.schedule import MalformedSchedule, read_schedule

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every 5 minutes", NOON + timedelta(minutes=5)),
        ("every 1 hour", NOON + timedelta(hours=1)),
        ("every 168 hours", NOON + timedelta(days=7)),
        ("daily at 12:00", NOON + timedelta(days=1)),
        ("daily at 12:01", NOON + timedelta(minutes=1)),
        ("daily at 00:00", NOON + timedelta(hours=12)),
    ],
)
def test_a_schedule_tells_when_it_is_due_next(text: str, expected: datetime) -> None:
    schedule = read_schedule(text)

    assert schedule is not None
    assert schedule.next_after(NOON) == expected


def test_nothing_means_by_hand() -> None:
    assert read_schedule("") is None


@pytest.mark.parametrize(
    "text",
    [
        "every 4 minutes",
        "every 1441 minutes",
        "every 169 hours",
        "every 05 minutes",
        "every -5 minutes",
        "daily at 3:30",
        "daily at 12:60",
        "Every 5 minutes",
        "every 5 minutes ",
        "every ５ minutes",  # noqa: RUF001 - another digit is what is refused
        "daily",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(MalformedSchedule):
        read_schedule(text)


@given(
    minutes=st.integers(5, 1440),
    late=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_an_interval_keeps_its_beat_however_late_it_is_looked_at(minutes: int, late: timedelta) -> None:
    schedule = read_schedule(f"every {minutes} minutes")
    assert schedule is not None

    due = schedule.next_after(NOON + late, since=NOON)

    assert NOON + late < due <= NOON + late + timedelta(minutes=minutes)
    assert (due - NOON) % timedelta(minutes=minutes) == timedelta(0)
