"""A recipient that is broken: the right error, in bounded time, in words that give nothing away."""

import logging
import time
import traceback
from collections.abc import Callable

import pytest

from activation.destinations.kinds.interface import Connector, DeliveryFailed, DeliveryRefused
from tests.conformance.harness import AUDIENCE, Fault, Harness
from tests.conformance.rows import assert_holds, assert_silent, deliver, ignore

ERRORS = {
    Fault.REFUSES: DeliveryRefused,
    Fault.IN_TROUBLE: DeliveryFailed,
    Fault.HANGS: DeliveryFailed,
    Fault.UNREACHABLE: DeliveryFailed,
}
Act = Callable[[Harness, Connector], object]
ACTS: dict[str, Act] = {
    "check": lambda _, connector: connector.check(),
    "deliver": lambda harness, connector: connector.deliver(harness.delivery(2), ignore),
    "remove": lambda harness, connector: connector.remove(harness.removal(harness.sample())),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("fault", Fault)
def test_a_broken_recipient_is_told_in_time_and_without_a_secret(
    harness: Harness, fault: Fault, act: str, caplog: pytest.LogCaptureFixture
) -> None:
    if fault not in harness.faults:
        return
    earlier = harness.sample().slice(0, 4)
    deliver(harness, 1, earlier)
    began = time.monotonic()

    with (
        caplog.at_level(logging.DEBUG),
        harness.broken(fault),
        pytest.raises((DeliveryRefused, DeliveryFailed)) as raised,
    ):
        ACTS[act](harness, harness.open())

    assert type(raised.value) is ERRORS[fault]
    assert time.monotonic() - began < harness.longest_seconds
    assert len(str(raised.value)) > 20  # words, not a number
    told = "".join(traceback.format_exception(raised.value))
    assert_silent(harness, str(raised.value), repr(raised.value), told, caplog.text)
    if harness.atomic:
        assert_holds(harness, earlier)


@pytest.mark.parametrize("fault", Fault)
def test_what_failed_succeeds_when_the_recipient_is_well_again(harness: Harness, fault: Fault) -> None:
    if fault not in harness.faults:
        return
    connector = harness.open()
    with harness.broken(fault), pytest.raises((DeliveryRefused, DeliveryFailed)):
        connector.deliver(harness.delivery(), ignore)

    connector.deliver(harness.delivery(), ignore)

    assert_holds(harness, harness.sample())


def test_a_connector_shows_no_credential(harness: Harness) -> None:
    connector = harness.open()

    assert_silent(harness, repr(connector), str(connector), repr(harness.kind))


def test_a_delivery_that_goes_well_logs_nothing_of_the_rows(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        receipt = deliver(harness)
        harness.open().remove(harness.removal(harness.sample()))

    assert_silent(harness, caplog.text, repr(receipt))
    assert harness.held(AUDIENCE) == [] or not harness.kind.replaces
