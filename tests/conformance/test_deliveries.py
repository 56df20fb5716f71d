"""What arrives: every row, as it was, once."""

from functools import partial

import pyarrow as pa
import pytest

from activation.destinations.kinds.registry import KINDS
from consent.network.errors import DeliveryRefused
from tests.conformance.documented import find_kind, read_code
from tests.conformance.harness import AUDIENCE, Harness
from tests.conformance.kinds import HARNESSES, kind_of
from tests.conformance.rows import assert_holds, deliver, ignore
from tests.conformance.sample import make_sample

OTHER = "newsletter-readers"


@pytest.mark.parametrize("audience", ["", "../up", "a/b", "A", "x" * 65, "a\n", "a b", "a."])
def test_an_audience_that_is_no_slug_reaches_no_kind(audience: str) -> None:
    with pytest.raises(DeliveryRefused):
        Harness().delivery(table=make_sample(), audience=audience)
    with pytest.raises(DeliveryRefused):
        Harness().removal(make_sample(), audience=audience)


def test_every_kind_has_a_harness() -> None:
    assert {kind_of(name) for name in HARNESSES} >= set(KINDS)


def test_the_kind_in_the_docs_is_written_in_few_lines() -> None:
    written = [line for line in read_code().splitlines() if line.strip()]

    assert len(written) <= 90
    assert len(written[written.index("class SqliteConnector:") :]) <= 65


def test_a_kind_is_registered_under_its_own_slug(harness: Harness) -> None:
    assert find_kind(harness.kind.slug) is harness.kind


def test_every_row_arrives_as_it_was(harness: Harness) -> None:
    receipt = deliver(harness)

    assert_holds(harness, harness.sample())
    assert receipt.rows == harness.sample().num_rows
    assert receipt.reference


def test_progress_never_falls_and_ends_at_the_number_of_rows(harness: Harness) -> None:
    told: list[int] = []

    harness.open().deliver(harness.delivery(), told.append)

    assert told == sorted(told)
    assert told[-1] == harness.sample().num_rows


def test_an_empty_audience_is_delivered(harness: Harness) -> None:
    none = harness.sample().slice(0, 0)

    receipt = deliver(harness, table=none)

    assert_holds(harness, none)
    assert receipt.rows == 0


def test_the_same_run_twice_is_there_once(harness: Harness) -> None:
    first = deliver(harness)
    second = deliver(harness)

    assert_holds(harness, harness.sample())
    assert first.rows == second.rows


def test_a_later_run_replaces_or_adds_as_the_kind_says(harness: Harness) -> None:
    earlier, later = harness.sample().slice(0, 4), harness.sample().slice(4)
    deliver(harness, 1, earlier)
    deliver(harness, 2, later)

    assert_holds(harness, *([later] if harness.kind.replaces else [earlier, later]))


def test_an_empty_later_run_takes_everybody_out_where_the_kind_replaces(harness: Harness) -> None:
    deliver(harness, 1)
    deliver(harness, 2, harness.sample().slice(0, 0))

    assert_holds(harness, *([] if harness.kind.replaces else [harness.sample()]))


def test_another_audience_is_left_as_it_is(harness: Harness) -> None:
    deliver(harness)
    other = harness.delivery(2, table=harness.sample().slice(2, 3), audience=OTHER)
    harness.open().deliver(other, ignore)

    assert_holds(harness, harness.sample())
    assert_holds(harness, harness.sample().slice(2, 3), audience=OTHER)


def test_one_connector_delivers_more_than_once(harness: Harness) -> None:
    connector = harness.open()
    connector.prepare(harness.delivery(1))
    connector.deliver(harness.delivery(1), ignore)
    connector.deliver(harness.delivery(2, audience=OTHER), ignore)

    assert_holds(harness, harness.sample())
    assert_holds(harness, harness.sample(), audience=OTHER)


def test_preparing_and_checking_leave_nothing(harness: Harness) -> None:
    connector = harness.open()

    connector.check()
    connector.prepare(harness.delivery())

    assert harness.held(AUDIENCE) == []


def test_an_audience_larger_than_one_message_arrives(harness: Harness) -> None:
    whole = harness.many(2_500)

    deliver(harness, table=whole)

    assert_holds(harness, whole)


def test_batches_without_rows_are_nothing(harness: Harness) -> None:
    sample = harness.sample()
    none = sample.slice(0, 0).combine_chunks().to_batches() or [
        pa.RecordBatch.from_pylist([], schema=sample.schema)
    ]
    delivery = harness.delivery(batches=lambda: iter([*none, *sample.to_batches(), *none]))

    receipt = harness.open().deliver(delivery, ignore)

    assert_holds(harness, sample)
    assert receipt.rows == sample.num_rows


def test_a_delivery_that_does_not_fit_is_refused_before_anything_is_sent(harness: Harness) -> None:
    for word, delivery in harness.unsuitable():
        connector = harness.open()
        for refuse in (connector.prepare, partial(connector.deliver, progress=ignore)):
            with pytest.raises(DeliveryRefused) as refused:
                refuse(delivery)
            assert word in str(refused.value)
        assert harness.held(AUDIENCE) == []
