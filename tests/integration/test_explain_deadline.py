"""`explain_deadline` as an officer types it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db

ASKED = {"jurisdiction": "DE", "type": "access", "received": "2026-03-05"}


def run(**asked: str | None) -> dict[str, Any]:
    out = StringIO()
    options = [f"--{name.replace('_', '-')}={value}" for name, value in (ASKED | asked).items() if value]
    call_command("explain_deadline", *options, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_it_prints_the_dates_with_their_sentence_and_their_source() -> None:
    found = run()

    assert found["acknowledge_by"] is None
    assert found["due_on"] == "2026-04-07"
    assert found["extended_due_on"] == "2026-06-05"
    assert "Easter Monday in Germany" in found["explanation"]
    assert "Regulation 1182/71" in found["source"]


def test_a_time_is_taken_at_the_day_that_it_is_there() -> None:
    found = run(jurisdiction="US-CA", received="2026-03-06T07:59:59Z")

    assert found["received_on"] == "2026-03-05"
    assert found["acknowledge_by"] == "2026-03-19"


def test_pauses_and_extensions_can_be_thought_of() -> None:
    found = run(paused_on="2026-03-07", resumed_on="2026-03-12", extended_on="2026-03-13")

    assert found["due_on"] == "2026-04-10"
    assert found["is_extended"]
    assert found["sorted_on"] == found["extended_due_on"] == "2026-06-10"
    assert run(paused_on="2026-03-07")["is_paused"]
    assert run(jurisdiction="CH", extended_on="2026-03-07", extended_until="2026-06-01")["extended_due_on"]


def test_what_has_no_date_says_so() -> None:
    found = run(type="withdrawal")

    assert found["due_on"] is None
    assert found["sorted_on"] == "2026-03-06"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"jurisdiction": "UK"}, "GB"),
        ({"jurisdiction": "Atlantis"}, "--jurisdiction"),
        ({"type": "revenge"}, "--type: expected one of access"),
        ({"received": "05.03.2026"}, "--received: expected a date"),
        ({"received": "2026-02-30"}, "--received"),
        ({"received": "2026-03-05T12:00:00"}, "--received"),
        ({"received": "0001-01-01"}, "--received: expected a year"),
        ({"received": "9999-12-31T23:59:59Z"}, "--received: expected a year"),
        ({"received": "2026-W10-4T1"}, "--received"),
        ({"paused_on": "soon"}, "--paused-on"),
        ({"paused_on": "2026-03-01"}, "--paused-on: is before --received"),
        ({"resumed_on": "2026-03-09"}, "--paused-on"),
        ({"paused_on": "2026-03-09", "resumed_on": "2026-03-08"}, "--resumed-on: is before"),
        ({"paused_on": "2026-03-09", "ground": "weather"}, "--ground"),
        ({"extended_until": "2026-04-09"}, "--extended-on"),
        ({"extended_on": "2026-03-09", "extended_until": "x"}, "--extended-until"),
    ],
)
def test_what_is_typed_wrong_is_refused_at_its_option(asked: dict[str, str], told: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(**asked)

    assert told in str(refused.value)
