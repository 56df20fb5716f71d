"""What a receiver of webhooks can rely on, beyond what every kind is held to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from activation.destinations.kinds.interface import Surroundings
from activation.destinations.kinds.webhook import KIND
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.hosts import AddressRefused
from tests.conformance.harness import AUDIENCE, MANIFEST
from tests.conformance.harness_webhook import SURROUNDINGS, WebhookHarness
from tests.conformance.rows import assert_holds, ignore
from tests.fakes.service import Reply, running
from tests.fakes.webhook_receiver import SECRET, WebhookReceiver


@pytest.fixture
def harness() -> Iterator[WebhookHarness]:
    with running(WebhookReceiver) as receiver:
        yield WebhookHarness(receiver)


def test_a_message_whose_answer_was_lost_comes_again_under_the_same_id(harness: WebhookHarness) -> None:
    harness.receiver.next = ["lost"]

    harness.open().deliver(harness.delivery(), ignore)

    assert len(harness.receiver.repeats) == 1
    assert_holds(harness, harness.sample())


def test_the_same_run_has_the_same_ids_and_another_run_has_others(harness: WebhookHarness) -> None:
    harness.open().deliver(harness.delivery(1), ignore)
    first = set(harness.receiver.known)
    harness.open().deliver(harness.delivery(1), ignore)

    assert harness.receiver.known == first == set(harness.receiver.repeats)
    harness.open().deliver(harness.delivery(2), ignore)
    assert len(harness.receiver.known) == 2 * len(first)


def test_rows_cut_in_other_portions_are_other_messages(harness: WebhookHarness) -> None:
    harness.open().deliver(harness.delivery(), ignore)
    harness.open(rows_a_message=7).deliver(harness.delivery(), ignore)

    assert harness.receiver.repeats == []
    assert_holds(harness, harness.sample())


def test_each_attempt_is_signed_at_its_own_time(harness: WebhookHarness) -> None:
    began, ticks = datetime.now(UTC), count()
    harness.surroundings = replace(SURROUNDINGS, clock=lambda: began + timedelta(seconds=next(ticks)))
    harness.receiver.next = [Reply(503)]

    harness.open().check()

    first, second = harness.receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 1
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_the_manifest_arrives_to_the_byte(harness: WebhookHarness) -> None:
    harness.open().deliver(harness.delivery(), ignore)

    assert harness.receiver.manifests[AUDIENCE].encode() == MANIFEST


def test_a_message_signed_by_another_secret_is_refused(harness: WebhookHarness) -> None:
    other = {"signing_secret": "whsec_" + "b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA=="}
    settings = msgspec.convert(harness.settings(), KIND.settings)

    with pytest.raises(DeliveryRefused, match="401"):
        KIND.open(settings, other, SURROUNDINGS).check()


def test_a_receiver_that_is_gone_for_good_is_not_asked_again(harness: WebhookHarness) -> None:
    harness.receiver.next = [Reply(410)]

    with pytest.raises(DeliveryRefused, match="410"):
        harness.open().deliver(harness.delivery(), ignore)

    assert len(harness.receiver.asked) == 1


def test_a_receiver_that_answers_half_is_a_failure(harness: WebhookHarness) -> None:
    harness.receiver.next = ["half", "half"]

    with pytest.raises(DeliveryFailed):
        harness.open().check()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        SECRET.removeprefix("whsec_"),
        "whsec_c2hvcnQ=",
        "whsec_not base64!",
        f"{SECRET}{'A' * 80}",
    ],
)
def test_a_secret_that_is_none_is_refused_unsaid(harness: WebhookHarness, secret: str) -> None:
    settings = msgspec.convert(harness.settings(), KIND.settings)

    with pytest.raises(DeliveryRefused, match="signing_secret") as refused:
        KIND.open(settings, {"signing_secret": secret}, SURROUNDINGS)

    assert not secret or secret == "whsec_" or secret not in str(refused.value)


def test_messages_cannot_be_signed_without_a_clock(harness: WebhookHarness) -> None:
    settings = msgspec.convert(harness.settings(), KIND.settings)

    with pytest.raises(DeliveryRefused, match="clock"):
        KIND.open(settings, harness.secrets(), Surroundings(allow_local=True))


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1/in", "https://169.254.169.254/in", "https://localhost:8443/in"]
)
def test_nothing_is_sent_inside_unless_the_installation_allows_it(harness: WebhookHarness, url: str) -> None:
    settings: Any = msgspec.convert({**harness.settings(), "url": url}, KIND.settings)
    connector = KIND.open(settings, harness.secrets(), replace(SURROUNDINGS, allow_local=False))

    with pytest.raises(AddressRefused):
        connector.deliver(harness.delivery(), ignore)
