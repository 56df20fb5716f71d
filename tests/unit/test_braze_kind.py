"""What Braze is told, beyond what every kind is held to."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.subjects.types import IdentifierKind
from tests.conformance.harness import AUDIENCE
from tests.conformance.harness_braze import BrazeHarness
from tests.conformance.rows import assert_holds, ignore
from tests.fakes.braze import FakeBraze
from tests.fakes.service import Reply, running


@pytest.fixture
def harness() -> Iterator[BrazeHarness]:
    with running(FakeBraze) as service:
        yield BrazeHarness(service, by_group=False)


def test_people_that_braze_does_not_take_are_not_counted(harness: BrazeHarness) -> None:
    harness.service.bad_people = {"C-0001", "C-0006"}

    receipt = harness.open().deliver(harness.delivery(), ignore)

    assert receipt.rows == harness.sample().num_rows - 2
    assert len(harness.held(AUDIENCE)) == receipt.rows


def test_a_removal_that_braze_did_not_take_whole_is_refused_and_says_how_many(harness: BrazeHarness) -> None:
    harness.open().deliver(harness.delivery(), ignore)
    harness.service.bad_people = {"C-0001", "C-0006"}

    with pytest.raises(DeliveryRefused, match="2 of 10"):
        harness.open().remove(harness.removal(harness.sample()))

    assert {row["external_id"] for row in harness.held(AUDIENCE)} == {"C-0001", "C-0006"}


def test_people_are_taken_out_by_either_number(harness: BrazeHarness) -> None:
    harness.open().deliver(harness.delivery(), ignore)
    numbers = {IdentifierKind.CUSTOMER_ID: "customer_id", IdentifierKind.USER_ID: "user_id"}
    people = pa.table({"customer_id": [None, "C-0002", None], "user_id": ["C-0001", "nobody", ""]})

    harness.open().remove(harness.removal(people, identifiers=numbers))

    assert_holds(harness, harness.sample().slice(0, 1), harness.sample().slice(3))


def test_nobody_is_made_known_to_braze_unless_the_settings_say_so(harness: BrazeHarness) -> None:
    harness.service.profiles["C-0003"] = {"plan": "gold"}

    harness.open(create_profiles=False).deliver(harness.delivery(), ignore)

    assert list(harness.service.profiles) == ["C-0003"]
    assert harness.service.profiles["C-0003"]["audience_lapsed_customers"] is True


def test_taking_out_leaves_what_else_braze_knows_and_makes_nobody_known(harness: BrazeHarness) -> None:
    harness.open().deliver(harness.delivery(table=harness.sample().slice(0, 1)), ignore)
    harness.service.profiles["C-0000"]["plan"] = "gold"

    harness.open().remove(harness.removal(harness.sample()))

    assert list(harness.service.profiles) == ["C-0000"]
    assert harness.service.profiles["C-0000"]["plan"] == "gold"
    assert "audience_lapsed_customers" not in harness.service.profiles["C-0000"]


def test_profiles_may_be_found_by_address(harness: BrazeHarness) -> None:
    left_out = [*harness.settings()["left_out"], "customer_id"]
    left_out.remove("email")

    harness.open(identify_by="email", left_out=left_out).deliver(harness.delivery(), ignore)

    assert "person1@example.org" in harness.service.profiles


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors": 3}'])
def test_an_answer_that_says_nothing_readable_is_a_failure(harness: BrazeHarness, body: bytes) -> None:
    harness.service.next = [Reply(201, body)]

    with pytest.raises(DeliveryFailed):
        harness.open().deliver(harness.delivery(), ignore)


def test_a_key_that_is_not_known_is_told_when_checking(harness: BrazeHarness) -> None:
    harness.service.next = [Reply(401, {"message": "Invalid API key"})]

    with pytest.raises(DeliveryRefused, match="401"):
        harness.open().check()


def test_a_repeat_after_a_lost_answer_changes_nothing(harness: BrazeHarness) -> None:
    harness.service.next = ["lost"]

    receipt = harness.open().deliver(harness.delivery(), ignore)

    assert receipt.rows == harness.sample().num_rows
    assert_holds(harness, harness.sample())
