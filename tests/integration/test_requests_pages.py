"""The calendar, the finding of a request, and the pages of figures."""

import json
import logging
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.workspace_world import QUEUE, close, make_request, officer, page_of, text_of

pytestmark = pytest.mark.django_db
CALENDAR = f"{QUEUE}calendar/"
FIGURES = f"{QUEUE}figures/"


@pytest.fixture(autouse=True)
def _no_terms_kept() -> None:
    cache.clear()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_month_shows_how_many_are_due_on_each_day_where_the_person_lives() -> None:
    tenth = date(2026, 12, 10)
    make_request(due_on=tenth, due_at=at("2026-12-10T23:00"), zone="Europe/Berlin")
    make_request(due_on=tenth, due_at=at("2026-12-11T08:00"), zone="America/Los_Angeles")
    make_request(due_on=date(2026, 12, 11), due_at=at("2026-12-12T00:00"), zone="UTC")
    close(make_request(due_on=tenth, due_at=at("2026-12-10T23:00"), zone="Europe/Berlin"))
    client = officer("view_request")

    page = text_of(client.get(f"{CALENDAR}?month=2026-12"))

    assert 'aria-label="2 due on 2026-12-10"' in page
    assert 'aria-label="1 due on 2026-12-11"' in page
    listed = text_of(client.get(f"{QUEUE}?due_on=2026-12-10"))
    assert listed.count("requests-due requests-") == 2


@pytest.mark.parametrize("month", ["", "x", "2026-13", "0000-01", "9999-12", "%00", "2026-1", "-026-01"])
def test_a_month_that_is_none_is_this_one(month: str) -> None:
    page = text_of(officer("view_request").get(f"{CALENDAR}?month={month}"))

    assert f"Due in {timezone.now():%B %Y}" in page


@pytest.mark.parametrize("day", ["x", "2026-02-30", "0001-01-01", "9999-12-31", "%00"])
def test_a_day_that_is_none_narrows_nothing(day: str) -> None:
    case = make_request()

    assert case.reference in text_of(officer("view_request").get(f"{QUEUE}?due_on={day}"))


def test_a_calendar_costs_as_many_queries_for_many_as_for_one() -> None:
    client = officer("view_request")
    client.get(CALENDAR)
    counted = []
    for _ in range(2):
        for _ in range(20):
            make_request()
        with CaptureQueriesContext(connection) as seen:
            client.get(CALENDAR)
        counted.append(len(seen))

    assert counted[0] == counted[1]


def test_a_request_is_found_by_its_reference_however_it_is_typed() -> None:
    case = make_request()
    close(case)
    client = officer("view_request")

    for typed in (case.reference, f" {case.reference.lower()} "):
        answer = client.post(f"{QUEUE}find/", {"by": "reference", "value": typed})
        assert answer["Location"] == page_of(case)
    nothing = text_of(client.post(f"{QUEUE}find/", {"by": "reference", "value": "NONE-0000"}))
    assert "No request was found" in nothing


@pytest.mark.parametrize("sent", [{}, {"by": "x", "value": "y"}, {"by": "reference", "value": "\0"}])
def test_what_cannot_be_looked_for_finds_nothing(sent: dict[str, str]) -> None:
    assert "No request was found" in text_of(officer("view_request").post(f"{QUEUE}find/", sent))


def test_nothing_is_found_by_an_address_alone() -> None:
    assert officer("view_request").get(f"{QUEUE}find/?by=reference&value=x").status_code == 405


@pytest.mark.parametrize("kind", ["california", "summary"])
def test_figures_are_a_page_and_two_files(kind: str) -> None:
    past = datetime(2025, 6, 2, 10, tzinfo=UTC)
    close(make_request(jurisdiction="US-CA", received_at=past), closed_at=past + timedelta(days=4))
    client = officer("view_request")
    period = "year=2025" if kind == "california" else "since=2025-01-01&last=2025-12-31"

    page = text_of(client.get(f"{FIGURES}{kind}/?{period}"))
    told = json.loads(client.get(f"{FIGURES}{kind}/?{period}&form=json").content)
    table = client.get(f"{FIGURES}{kind}/?{period}&form=csv")

    assert "What each figure means" in page
    assert ">4.0<" in page
    rows = told["rows"] if kind == "california" else told["by_type"]
    assert [row["received"] for row in rows if row["received"]] == [1]
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in table["Cache-Control"]
    assert table.content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("california/?year=x", 200),
        ("california/?year=99999999999999999999", 200),
        ("california/?controller=unknown", 200),
        ("summary/?since=2026-02-30", 200),
        ("summary/?since=2026-02-01&last=2026-01-01", 200),
        ("summary/?since=0001-01-01&last=9999-12-31", 200),
        ("summary/?jurisdiction=%00", 200),
        ("summary/?since=x&form=csv", 422),
        ("summary/?form=exe", 404),
        ("other/", 404),
    ],
)
def test_figures_that_make_no_sense_are_answered_calmly(asked: str, status: int) -> None:
    assert officer("view_request").get(FIGURES + asked).status_code == status


def test_no_page_of_figures_names_a_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    case = make_request()

    for kind in ("california", "summary"):
        assert case.reference not in text_of(officer("view_request").get(f"{FIGURES}{kind}/"))
