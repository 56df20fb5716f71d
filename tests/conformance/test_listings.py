"""What a recipient says that it holds: exactly who is there, or an error."""

import logging
import time
import traceback
from contextlib import ExitStack

import pyarrow as pa
import pytest

from activation.destinations.kinds.interface import ListingUnsupported
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.subjects.types import IdentifierKind
from tests.conformance.harness import AUDIENCE, Fault, Harness
from tests.conformance.rows import assert_lists, assert_silent, deliver, ignore, in_order, list_held
from tests.conformance.test_faults import ERRORS

OTHER = "newsletter-readers"
MANY = 9_000


def test_a_recipient_that_does_not_tell_says_so_and_why(harness: Harness) -> None:
    assert harness.kind.lists == (not harness.kind.unlisted)
    if harness.kind.lists:
        return

    with pytest.raises(ListingUnsupported) as refused:
        list_held(harness)

    assert str(refused.value) == harness.kind.unlisted


def test_after_delivering_and_taking_out_exactly_those_are_told_who_are_there(harness: Harness) -> None:
    if not harness.kind.lists:
        return
    sample = harness.sample()
    assert_lists(harness)
    deliver(harness)
    assert_lists(harness, sample)

    harness.open().remove(harness.removal(sample.slice(1, 3)))

    assert_lists(harness, sample.slice(0, 1), sample.slice(4))
    harness.open().remove(harness.removal(sample, number=2))
    assert_lists(harness)


def test_a_later_delivery_is_told_with_the_earlier_one_or_in_its_place(harness: Harness) -> None:
    if not harness.kind.lists:
        return
    earlier, later = harness.sample().slice(0, 4), harness.sample().slice(4)
    deliver(harness, 1, earlier)
    deliver(harness, 2, later)

    assert_lists(harness, *([] if harness.kind.replaces else [earlier]), later)


def test_somebody_who_came_back_is_told_once(harness: Harness) -> None:
    if not harness.kind.lists:
        return
    sample = harness.sample()
    deliver(harness, 1)
    harness.open().remove(harness.removal(sample.slice(0, 2)))

    deliver(harness, 2)

    assert_lists(harness, sample)


def test_each_audience_is_told_of_alone(harness: Harness) -> None:
    if not harness.kind.lists:
        return
    deliver(harness)
    few = harness.sample().slice(2, 3)
    harness.open().deliver(harness.delivery(2, table=few, audience=OTHER), ignore)

    assert_lists(harness, harness.sample())
    assert_lists(harness, few, audience=OTHER)
    assert_lists(harness, audience="nobody-ever")


def test_a_column_that_is_not_there_is_null_and_none_at_all_is_refused(harness: Harness) -> None:
    if not harness.kind.lists:
        return
    absent = {IdentifierKind.PHONE: "phone"}
    assert list_held(harness, identifiers=absent) == []
    deliver(harness)

    told = list_held(harness, identifiers={**absent, IdentifierKind.EMAIL: "email"})

    emails = harness.sample().column("email").to_pylist()
    assert in_order(told) == in_order([{"email": email, "phone": None} for email in emails])
    if harness.kind.slug != "sqlite":  # told in few lines
        with pytest.raises(DeliveryRefused, match="phone"):
            list_held(harness, identifiers=absent)


def test_an_identifier_that_a_row_lacks_is_null(harness: Harness) -> None:
    if not harness.kind.lists:
        return
    rows = [
        row | ({"email": None} if number == 1 else {}) | ({"email": " "} if number == 2 else {})
        for number, row in enumerate(harness.sample().to_pylist())
    ]
    deliver(harness, 1, pa.Table.from_pylist(rows, schema=harness.sample().schema))

    told = {row["customer_id"]: row["email"] for row in list_held(harness)}

    assert told == {row["customer_id"]: (row["email"] or "").strip() or None for row in rows}


def test_a_large_audience_is_told_of_in_batches(harness: Harness) -> None:
    if not harness.kind.lists:
        return
    many = harness.many(MANY)
    deliver(harness, 1, many)

    sizes = [batch.num_rows for batch in harness.open().list_held(AUDIENCE, harness.identifiers())]

    assert sum(sizes) == MANY
    assert max(sizes) <= 4096
    assert_lists(harness, many)


@pytest.mark.parametrize("audience", ["", "../up", "a/b", "A", "x" * 65, "a\n"])
def test_an_audience_that_is_no_slug_is_not_looked_for(harness: Harness, audience: str) -> None:
    with pytest.raises(DeliveryRefused):
        list_held(harness, audience)


@pytest.mark.parametrize("fault", Fault)
def test_a_broken_recipient_is_an_error_and_never_an_empty_audience(
    harness: Harness, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    if fault not in harness.faults or not harness.kind.lists:
        return
    deliver(harness)
    began = time.monotonic()

    with (
        caplog.at_level(logging.DEBUG),
        harness.broken(fault),
        pytest.raises((DeliveryRefused, DeliveryFailed)) as raised,
    ):
        list_held(harness)

    assert type(raised.value) is ERRORS[fault]
    assert time.monotonic() - began < harness.longest_seconds
    told = "".join(traceback.format_exception(raised.value))
    assert_silent(harness, str(raised.value), told, caplog.text)
    assert_lists(harness, harness.sample())


@pytest.mark.parametrize("fault", Fault)
def test_a_listing_that_is_cut_off_is_never_taken_for_the_whole(harness: Harness, fault: Fault) -> None:
    if fault not in harness.faults or not harness.kind.lists:
        return
    deliver(harness, 1, harness.many(MANY))
    told = 0

    with ExitStack() as broken:
        try:
            for batch in harness.open().list_held(AUDIENCE, harness.identifiers()):
                if not told:
                    broken.enter_context(harness.broken(fault))
                told += batch.num_rows
        except (DeliveryFailed, DeliveryRefused):
            return

    assert told == MANY
