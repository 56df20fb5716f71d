"""A recipient that is broken: the right error, in bounded time, in words that give nothing away."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace

import msgspec
import pyarrow as pa
import pytest

from activation.destinations.kinds.interface import Connector
from consent.network.errors import DeliveryFailed, DeliveryRefused
from tests.conformance.harness import AUDIENCE, BATCH, Fault, Harness
from tests.conformance.rows import assert_holds, assert_silent, deliver, holds, ignore

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


@pytest.mark.parametrize("fault", Fault)
def test_a_recipient_that_breaks_in_the_middle_gets_every_row_once_when_it_is_well(
    harness: Harness, fault: Fault
) -> None:
    if fault not in harness.faults:
        return
    earlier, sample = harness.sample().slice(0, 4), harness.sample()
    deliver(harness, 1, earlier)
    began = time.monotonic()

    with ExitStack() as broken:

        def breaking() -> Iterator[pa.RecordBatch]:
            yield from sample.to_batches(max_chunksize=BATCH)[:2]
            broken.enter_context(harness.broken(fault))
            yield from sample.to_batches(max_chunksize=BATCH)[2:]

        with suppress(DeliveryRefused, DeliveryFailed):
            harness.open().deliver(harness.delivery(2, batches=breaking), ignore)
        took = time.monotonic() - began

    assert took < harness.longest_seconds
    kept = [] if harness.kind.replaces else [earlier]
    if harness.atomic:
        assert holds(harness, earlier) or holds(harness, *kept, sample)
    deliver(harness, 2)
    assert_holds(harness, *kept, sample)


def test_local_addresses_are_connected_to_by_leave_only(harness: Harness) -> None:
    if not harness.surroundings.allow_local:
        return  # this kind connects to nothing
    shut = replace(harness.surroundings, allow_local=False)
    settings = msgspec.convert(harness.settings(), harness.kind.settings)

    for act in ACTS.values():
        with pytest.raises(DeliveryRefused):
            act(harness, harness.kind.open(settings, harness.secrets(), shut))

    assert harness.held(AUDIENCE) == []


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
