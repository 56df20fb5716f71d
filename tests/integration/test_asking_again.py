"""Who said no is left alone for as long as the law of where they live says, and may be asked again then."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.ledger.queries import get_time
from consent.records import services as records
from consent.records.asking_again import MayAsk, may_ask_again
from consent.records.rules.rows import read_row
from consent.records.types import NewRow, Recorded
from consent.subjects.types import Identifier
from tests.integration.test_subjects_api import ask
from tests.records_world import VOCABULARY, make_choice, make_fact, make_row, publish_policy
from tests.subjects_world import customer

pytestmark = pytest.mark.django_db
NO_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)
YEAR_LATER = datetime(2027, 1, 5, 10, tzinfo=UTC)
CALIFORNIA = "Cal. Civ. Code 1798.135(c)(4)"
SECOND = timedelta(seconds=1)


def record(choice: str, residence: str | None = "US-CA", person: str = "1", **changes: object) -> Identifier:
    facts = [make_fact(value=residence)] if residence else []
    raw = make_row(person, choices=[make_choice(choice=choice, **changes)], facts=facts)
    row = read_row(raw, vocabulary=VOCABULARY, at=get_time())
    assert isinstance(row, NewRow), row
    [outcome] = records.record_rows(rows=[row], source="test", at=get_time())
    assert isinstance(outcome, Recorded), outcome
    return customer(person)


def may(person: Identifier, at: datetime, purpose: str = "marketing.email", **given: str) -> MayAsk:
    return may_ask_again([person], purpose=purpose, at=at, **given)


def test_after_an_opt_out_a_californian_is_not_asked_for_twelve_months() -> None:
    publish_policy()
    anna = record("opted_out")

    assert may(anna, NO_AT + SECOND) == MayAsk(False, YEAR_LATER, CALIFORNIA)
    assert may(anna, YEAR_LATER - SECOND) == MayAsk(False, YEAR_LATER, CALIFORNIA)
    assert may(anna, YEAR_LATER) == MayAsk(True, None, "")


def test_where_no_law_says_so_who_said_no_may_be_asked() -> None:
    publish_policy()

    assert may(record("opted_out", "US-TX"), NO_AT + SECOND).may


def test_of_whom_nobody_knows_where_they_live_the_longest_time_counts() -> None:
    publish_policy()

    assert may(record("refused", None), YEAR_LATER - SECOND) == MayAsk(False, YEAR_LATER, CALIFORNIA)


@pytest.mark.parametrize("choice", ["granted", "shown", "dismissed"])
def test_who_did_not_say_no_may_be_asked(choice: str) -> None:
    publish_policy()

    assert may(record(choice), NO_AT + SECOND).may


def test_who_is_not_known_may_be_asked() -> None:
    assert may(customer("404"), NO_AT) == MayAsk(True, None, "")


def test_a_no_is_to_all_below_it_and_to_one_controller() -> None:
    publish_policy()
    anna = record("opted_out")

    assert not may(anna, NO_AT + SECOND, "marketing.email.newsletter").may
    assert may(anna, NO_AT + SECOND, "marketing.emails").may
    assert may(anna, NO_AT + SECOND, "marketing").may
    assert not may(anna, NO_AT + SECOND, controller="acme").may
    assert may(anna, NO_AT + SECOND, controller="other").may


def test_a_later_yes_ends_it() -> None:
    publish_policy()
    anna, now = record("opted_out", effective_at=get_time().isoformat()), get_time()
    assert not may(anna, now).may

    record("granted", effective_at=now.isoformat())

    assert may(anna, now + SECOND).may


@pytest.mark.urls("consent.records.api.urls")
def test_the_choices_api_says_from_when_on_to_ask_again() -> None:
    publish_policy()
    record("opted_out")
    record("granted", person="2")

    asked = {"subjects": [{"identifiers": [{"kind": "customer_id", "value": one}]} for one in "12"]}
    anna, ben = ask("choices", {**asked, "as_of": "2026-02-01T00:00:00Z"})

    assert anna["ask_again"] == [
        {
            "purpose": "marketing.email",
            "controller": "acme",
            "ask_again_from": "2027-01-05T10:00:00Z",
            "citation": CALIFORNIA,
        }
    ]
    assert ben["ask_again"] == []
