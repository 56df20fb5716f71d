"""Figures that regulators ask for: against an oracle that looks at one request after the other."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.launch.arguments import ROOT
from consent.requests.figures.making import make_california_figures, make_summary
from consent.requests.figures.types import CaliforniaFigures, CaliforniaRow, SummaryFigures, SummaryRow
from consent.requests.figures.writing import figures_schema, write_csv, write_json
from consent.requests.models import Request
from consent.requests.types import RefusalGround, RequestState, RequestType

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PLACES = {
    "US-CA": "America/Los_Angeles",
    "DE": "Europe/Berlin",
    "NZ": "Pacific/Auckland",
    "": "UTC",
}
CONTROLLERS = ("northwind", "harbor")
ANSWERED = {RequestState.FULFILLED, RequestState.PARTLY_FULFILLED, RequestState.REFUSED}
KINDS = {
    "delete": {"erasure"},
    "correct": {"rectification"},
    "know": {"access", "portability"},
    "opt out of sale and sharing": {"opt_out"},
    "limit the use of sensitive data": {"limit_sensitive"},
}


def build(number: int, **changes: Any) -> Request:
    given: dict[str, Any] = {
        "reference": f"FIG-{number}",
        "type": "access",
        "controller": "northwind",
        "channel": "portal",
        "jurisdiction": "US-CA",
        "zone": "America/Los_Angeles",
        "received_at": NOW - timedelta(days=60),
        "due_at": NOW,
        "content_destroyed_at": NOW,
        **changes,
    }
    return Request(**given)


def keep(*requests: Request) -> None:
    Request.objects.bulk_create(requests)


def draw(random: Random, number: int) -> Request:
    """Return a request with any history there may be."""
    place = random.choice(sorted(PLACES))
    state = random.choice(list(RequestState))
    received_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(700 * 86_400))
    if random.random() < 0.3:  # near midnight, where zones tell days apart
        received_at = received_at.replace(hour=random.choice([0, 7, 8, 11, 12, 22, 23]))
    is_closed = state in {*ANSWERED, RequestState.EXPIRED, RequestState.CANCELLED}
    closed_at = received_at + timedelta(seconds=random.randrange(1, 90 * 86_400)) if is_closed else None
    return build(
        number,
        type=random.choice(list(RequestType)).value,
        controller=random.choice(CONTROLLERS),
        jurisdiction=place,
        zone=PLACES[place],
        state=state.value,
        received_at=received_at,
        due_at=received_at + timedelta(days=random.choice([15, 30, 45])),
        extended_at=received_at if random.random() < 0.2 else None,
        closed_at=closed_at,
        ground=random.choice(list(RefusalGround)).value if state is RequestState.REFUSED else "",
    )


def draw_many(count: int) -> list[Request]:
    return [draw(Random(number), number) for number in range(count)]  # noqa: S311 - no secret


def local(moment: datetime, one: Request) -> date:
    return moment.astimezone(ZoneInfo(one.zone)).date()


def took(one: Request) -> int:
    assert one.closed_at
    return (local(one.closed_at, one) - local(one.received_at, one)).days


def rounded(number: float) -> float:
    return int(number * 10 + 0.5 + 1e-9) / 10


def expect_duration(row: CaliforniaRow | SummaryRow, ended: Iterable[Request]) -> None:
    days = [took(one) for one in ended if RequestState(one.state) in ANSWERED]
    assert row.duration.answered == len(days)
    assert row.duration.median_days == (rounded(median(days)) if days else None)
    assert row.duration.mean_days == (rounded(fmean(days)) if days else None)


def grounds(ones: Iterable[Request]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in ones:
        if one.state == "refused":
            found[one.ground] = found.get(one.ground, 0) + 1
    return found


def expect_summary(row: SummaryRow, requests: Iterable[Request], since: date, until: date) -> None:
    counted = [one for one in requests if one.joined_to_id is None]
    received = [one for one in counted if since <= local(one.received_at, one) < until]
    closed = [one for one in counted if one.closed_at and since <= local(one.closed_at, one) < until]
    pending = [
        one
        for one in counted
        if local(one.received_at, one) < until
        and (one.closed_at is None or local(one.closed_at, one) >= until)
    ]
    answered = [one for one in closed if RequestState(one.state) in ANSWERED]
    states = [one.state for one in closed]
    late = [one for one in answered if one.closed_at and one.closed_at >= one.due_at]
    assert (row.received, row.closed, row.answered) == (len(received), len(closed), len(answered))
    for state in ("fulfilled", "partly_fulfilled", "refused", "expired", "cancelled"):
        assert getattr(row, state) == states.count(state)
    assert (row.late, row.in_time) == (len(late), len(answered) - len(late))
    assert row.extended == len([one for one in answered if one.extended_at])
    assert {one.ground.value: one.count for one in row.refused_by_ground} == grounds(closed)
    assert row.pending == len(pending)
    ends = {
        one.pk: min(NOW, datetime.combine(until, datetime.min.time(), ZoneInfo(one.zone))) for one in pending
    }
    assert row.pending_overdue == len([one for one in pending if one.due_at <= ends[one.pk]])
    expect_duration(row, closed)


def expect_california(row: CaliforniaRow, requests: Iterable[Request], year: int) -> None:
    received = [
        one
        for one in requests
        if one.joined_to_id is None
        and one.type in KINDS[row.kind]
        and local(one.received_at, one).year == year
    ]
    states = [one.state for one in received]
    assert row.received == len(received)
    assert row.complied == states.count("fulfilled") + states.count("partly_fulfilled")
    assert row.complied_in_part == states.count("partly_fulfilled")
    assert row.denied == states.count("refused")
    assert {one.ground.value: one.count for one in row.denied_by_ground} == grounds(received)
    assert row.never_verified == states.count("expired")
    assert row.taken_back == states.count("cancelled")
    assert row.pending == len([one for one in received if one.closed_at is None])
    expect_duration(row, received)


@pytest.mark.parametrize("seed", range(4))
def test_figures_of_any_histories_are_those_of_one_look_at_each_request(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    made = [draw(random, number) for number in range(400)]
    for one in random.sample(made[200:], 20):
        one.joined_to = made[0]
    keep(made[0])
    keep(*made[1:])

    for since, until in ((date(2025, 1, 1), date(2026, 1, 1)), (date(2026, 3, 1), date(2026, 4, 1))):
        told = make_summary(since=since, until=until, at=NOW)
        expect_summary(told.total, made, since, until)
        for by, name_of in (("type", "type"), ("controller", "controller"), ("jurisdiction", "jurisdiction")):
            for row in getattr(told, f"by_{by}"):
                expect_summary(row, [one for one in made if getattr(one, name_of) == row.name], since, until)
    narrowed = make_summary(
        since=date(2025, 1, 1), until=date(2027, 1, 1), at=NOW, controller="harbor", jurisdiction="NZ"
    )
    own = [one for one in made if (one.controller, one.jurisdiction) == ("harbor", "NZ")]
    expect_summary(narrowed.total, own, date(2025, 1, 1), date(2027, 1, 1))
    for year in (2025, 2026):
        figures = make_california_figures(year=year, at=NOW, controller="northwind")
        own = [one for one in made if (one.controller, one.jurisdiction) == ("northwind", "US-CA")]
        assert [row.kind for row in figures.rows] == list(KINDS)
        for kind in figures.rows:
            expect_california(kind, own, year)


def closed_after(number: int, days: int, **changes: Any) -> Request:
    received_at = datetime(2026, 3, 2, 20, tzinfo=UTC)
    given = {
        "received_at": received_at,
        "closed_at": received_at + timedelta(days=days),
        "state": "fulfilled",
    }
    return build(number, **{**given, **changes})


def know(year: int = 2026) -> CaliforniaRow:
    return next(row for row in make_california_figures(year=year, at=NOW).rows if row.kind == "know")


@pytest.mark.parametrize(
    ("days", "middle", "mean"),
    [
        ([], None, None),
        ([7], 7.0, 7.0),
        ([1, 4], 2.5, 2.5),
        ([1, 2, 10], 2.0, 4.3),
        ([1, 2, 4, 100], 3.0, 26.8),
        ([0, 0, 0, 5], 0.0, 1.3),
        ([5, 5, 5, 5, 5, 6], 5.0, 5.2),
    ],
)
def test_the_median_of_an_even_number_is_between_the_two_in_the_middle(
    days: list[int], middle: float | None, mean: float | None
) -> None:
    keep(*(closed_after(number, one) for number, one in enumerate(days)))

    told = know().duration

    assert (told.answered, told.median_days, told.mean_days) == (len(days), middle, mean)


def test_days_begin_and_end_where_the_person_lives() -> None:
    new_year = datetime(2026, 1, 1, 5, tzinfo=UTC)  # nine in the evening of the day before, in Los Angeles
    keep(
        build(1, received_at=new_year, closed_at=new_year + timedelta(hours=4), state="fulfilled"),
        build(2, received_at=new_year, zone="Europe/Berlin", jurisdiction="DE"),
    )

    assert (know(2025).received, know(2026).received) == (1, 0)
    assert know(2025).duration.median_days == 1.0
    german = make_summary(since=date(2026, 1, 1), until=date(2026, 2, 1), at=NOW, jurisdiction="DE")
    assert german.total.received == 1


def test_a_day_is_a_day_when_the_clocks_change() -> None:
    saturday = datetime(
        2026, 3, 8, 7, 30, tzinfo=UTC
    )  # 23:30 on the 7th; 24 hours later it is 00:30 on the 9th
    keep(build(1, received_at=saturday, closed_at=saturday + timedelta(hours=24), state="fulfilled"))

    assert know().duration.median_days == 2.0


def test_a_duplicate_that_was_joined_is_not_counted_twice() -> None:
    first = closed_after(1, 3)
    keep(first)
    keep(closed_after(2, 2, state="cancelled", joined_to=first))

    assert know().received == 1
    assert know().taken_back == 0
    told = make_summary(since=date(2026, 1, 1), until=date(2027, 1, 1), at=NOW).total
    assert (told.received, told.closed, told.cancelled) == (1, 1, 0)


def test_of_a_period_that_is_not_over_nothing_is_late_because_of_what_is_to_come() -> None:
    keep(build(1, due_at=NOW + timedelta(days=3)), build(2, due_at=NOW - timedelta(days=3)))

    told = make_summary(since=date(2026, 1, 1), until=date(2027, 1, 1), at=NOW).total

    assert (told.pending, told.pending_overdue) == (2, 1)


def test_figures_cost_as_many_statements_for_many_requests_as_for_none() -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            make_california_figures(year=2026, at=NOW)
            make_summary(since=date(2026, 1, 1), until=date(2027, 1, 1), at=NOW)
        return len(seen)

    none = count()
    keep(*draw_many(100))

    assert count() == none == 4


def figures() -> tuple[CaliforniaFigures, SummaryFigures]:
    keep(*draw_many(200))
    return (
        make_california_figures(year=2026, at=NOW),
        make_summary(since=date(2026, 1, 1), until=date(2027, 1, 1), at=NOW),
    )


def test_the_json_is_what_its_published_schema_says() -> None:
    california, summary = figures()
    both: dict[str, CaliforniaFigures | SummaryFigures] = {"california": california, "summary": summary}
    for name, told in both.items():
        path = ROOT / "docs" / "reference" / f"request-figures-{name}.schema.json"
        published = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(published)
        assert published == figures_schema(type(told))
        jsonschema.validate(json.loads(write_json(told)), published)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**json.loads(write_json(told)), "schema": "other"}, published)


def test_every_figure_is_defined_beside_it() -> None:
    california, summary = figures()

    defined = {one.figure for one in california.definitions}
    assert {"received", "complied", "denied", "never_verified", "taken_back", "pending"} <= defined
    assert {"median", "mean", "day", "duplicates"} <= defined
    of_summary = {one.figure for one in summary.definitions}
    assert {"received", "closed", "answered", "in_time", "late", "extended", "pending"} <= of_summary


def test_the_csv_says_the_same_and_no_cell_begins_a_formula() -> None:
    keep(
        closed_after(1, 3, controller="=1+1"),
        closed_after(2, 4, controller="@north", state="refused", ground="excessive"),
    )
    california = make_california_figures(year=2026, at=NOW)
    summary = make_summary(since=date(2026, 1, 1), until=date(2027, 1, 1), at=NOW)

    rows = {
        told: list(csv.DictReader(io.StringIO(write_csv(told).decode("utf-8-sig"))))
        for told in (california, summary)
    }

    know_row = next(row for row in rows[california] if row["kind"] == "know")
    assert (know_row["received"], know_row["denied"], know_row["denied_excessive"]) == ("2", "1", "1")
    assert (know_row["median_days"], know_row["mean_days"]) == ("3.5", "3.5")
    names = {row["name"] for row in rows[summary] if row["by"] == "controller"}
    assert names == {"'=1+1", "'@north"}
    for row in (*rows[california], *rows[summary]):
        assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
