"""What Meta is told, beyond what every kind is held to."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.subjects.types import IdentifierKind
from tests.conformance.harness import with_column
from tests.conformance.harness_meta_custom_audiences import CustomAudiencesHarness
from tests.conformance.rows import assert_holds, ignore
from tests.fakes.meta import AUDIENCES, FakeMeta, error
from tests.fakes.service import Reply, running

AUDIENCE_ID = AUDIENCES["lapsed_customers"]


@pytest.fixture
def harness() -> Iterator[CustomAudiencesHarness]:
    with running(FakeMeta) as service:
        yield CustomAudiencesHarness(service)


def sessions_of(harness: CustomAudiencesHarness) -> list[dict[str, Any]]:
    return [asked.json()["session"] for asked in harness.service.asked]


def test_batches_of_one_session_are_numbered_and_the_last_is_marked(harness: CustomAudiencesHarness) -> None:
    harness.open().deliver(harness.delivery(), ignore)

    told = sessions_of(harness)
    assert [batch["batch_seq"] for batch in told] == [1, 2, 3]
    assert [batch["last_batch_flag"] for batch in told] == [False, False, True]
    assert {batch["estimated_num_total"] for batch in told} == {harness.sample().num_rows}
    assert len({batch["session_id"] for batch in told}) == 1


def test_every_delivery_has_a_session_of_its_own(harness: CustomAudiencesHarness) -> None:
    for _ in range(3):
        harness.open(people_a_request=100).deliver(harness.delivery(), ignore)

    assert len({batch["session_id"] for batch in sessions_of(harness)}) == 3


def test_a_removal_of_which_meta_finds_keys_malformed_is_refused(harness: CustomAudiencesHarness) -> None:
    harness.open().deliver(harness.delivery(), ignore)
    harness.service.next = [Reply(200, {"num_received": 2, "num_invalid_entries": 1})]

    with pytest.raises(DeliveryRefused, match="1 of 2"):
        harness.open().remove(harness.removal(harness.sample().slice(0, 2)))


def test_people_are_taken_out_by_every_key_that_they_may_have_been_sent_with(
    harness: CustomAudiencesHarness,
) -> None:
    harness.open().deliver(harness.delivery(), ignore)
    hashed = hashlib.sha256(b"person1@example.org").hexdigest()
    kinds = {
        IdentifierKind.EMAIL: "clear",
        IdentifierKind.EMAIL_SHA256: "masked",
        IdentifierKind.USER_ID: "user",
    }
    people = pa.table({"clear": ["person0@example.org"], "masked": [hashed], "user": ["C-0002"]})

    harness.open(left_out=[]).remove(harness.removal(people, identifiers=kinds))

    assert_holds(harness, harness.sample().slice(3))


def test_a_batch_whose_answer_was_lost_comes_again_under_its_number(harness: CustomAudiencesHarness) -> None:
    harness.service.next = ["lost"]

    harness.open().deliver(harness.delivery(), ignore)

    assert [batch["batch_seq"] for batch in sessions_of(harness)] == [1, 1, 2, 3]
    assert_holds(harness, harness.sample())


def test_replacing_takes_the_place_of_everybody_once_the_session_is_over(
    harness: CustomAudiencesHarness,
) -> None:
    earlier, later = harness.sample().slice(0, 5), harness.sample().slice(3)
    connector = harness.open(mode="replace")
    connector.deliver(harness.delivery(1, table=earlier), ignore)
    seen: list[int] = []

    def look(_: int) -> None:
        seen.append(len(harness.service.audiences[AUDIENCE_ID]))

    connector.deliver(harness.delivery(2, table=later), look)

    assert seen[0] == 5  # those who were there, until the last batch
    assert_holds(harness, later)


def test_an_audience_that_is_being_replaced_is_told_to_come_back_to(harness: CustomAudiencesHarness) -> None:
    harness.service.replacing[AUDIENCE_ID] = (1, {})

    acts: list[Callable[[], object]] = [
        lambda: harness.open().deliver(harness.delivery(), ignore),
        lambda: harness.open().remove(harness.removal(harness.sample())),
        lambda: harness.open(mode="replace").deliver(harness.delivery(), ignore),
    ]
    for act in acts:
        with pytest.raises(DeliveryFailed):
            act()


def test_an_audience_is_not_replaced_by_nobody(harness: CustomAudiencesHarness) -> None:
    harness.open().deliver(harness.delivery(), ignore)
    connector = harness.open(mode="replace")
    nobody = harness.sample().slice(0, 2).set_column(0, "customer_id", pa.array([None, None], pa.string()))
    nobody = nobody.set_column(1, "email", pa.array(["x", None]))

    for table in (harness.sample().slice(0, 0), nobody):
        with pytest.raises(DeliveryRefused, match="nobody"):
            connector.deliver(harness.delivery(2, table=table), ignore)

    assert_holds(harness, harness.sample())


@pytest.mark.parametrize("passing", [error(400, 80003), error(403, 4), error(400, 17), error(500, 1)])
def test_what_passes_by_metas_own_codes_is_tried_again(
    harness: CustomAudiencesHarness, passing: Reply
) -> None:
    harness.service.next = [passing]

    harness.open().deliver(harness.delivery(), ignore)

    assert_holds(harness, harness.sample())


@pytest.mark.parametrize(
    "lasting", [error(401, 190), error(400, 100), error(400, 100, 1713230), error(400, 2650)]
)
def test_what_lasts_by_metas_own_codes_is_refused_by_number(
    harness: CustomAudiencesHarness, lasting: Reply
) -> None:
    harness.service.next = [lasting]

    with pytest.raises(DeliveryRefused, match=f"code {lasting.body['error']['code']}"):
        harness.open().deliver(harness.delivery(), ignore)

    assert len(harness.service.asked) == 1


def test_an_audience_that_meta_holds_back_is_told_when_checking(harness: CustomAudiencesHarness) -> None:
    harness.open().check()
    harness.service.flagged = {AUDIENCE_ID}

    with pytest.raises(DeliveryRefused, match="471"):
        harness.open().check()


def test_entries_that_meta_finds_invalid_are_not_counted(harness: CustomAudiencesHarness) -> None:
    harness.service.next = [Reply(200, {"num_received": 10, "num_invalid_entries": 3})]

    receipt = harness.open(people_a_request=100).deliver(harness.delivery(), ignore)

    assert receipt.rows == harness.sample().num_rows - 3


def test_limits_of_use_arrive_by_row(harness: CustomAudiencesHarness) -> None:
    delivery = harness.delivery(table=harness.sample().slice(0, 3))
    delivery = with_column(delivery, "jurisdiction", pa.array(["US-CA", "DE", None]))

    harness.open(limited_data_use="by_row").deliver(delivery, ignore)

    held = harness.service.audiences[AUDIENCE_ID]
    assert list(held.values()) == [[["LDU"], 1, 1000], [[], 0, 0], [["LDU"], 0, 0]]


def test_the_token_stands_in_no_address(harness: CustomAudiencesHarness) -> None:
    harness.open().check()
    harness.open().deliver(harness.delivery(), ignore)

    assert all("access_token" not in asked.query for asked in harness.service.asked)
    assert harness.service.complaints == []
