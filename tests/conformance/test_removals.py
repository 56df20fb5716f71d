"""People are taken out, and nobody else is."""

import hashlib

import pyarrow as pa
import pytest

from consent.subjects.types import IdentifierKind
from tests.conformance.harness import AUDIENCE, Harness, Row, Rows
from tests.conformance.rows import assert_holds, deliver, ignore, in_order

OTHER = "newsletter-readers"
MASKED = {IdentifierKind.CUSTOMER_ID: "customer_id", IdentifierKind.EMAIL_SHA256: "email"}
NOBODY = ("", " ", None)


def test_people_are_taken_out_and_the_others_stay(harness: Harness) -> None:
    sample = harness.sample()
    deliver(harness)

    receipt = harness.open().remove(harness.removal(sample.slice(1, 5)))

    assert_holds(harness, sample.slice(0, 1), sample.slice(6))
    assert receipt.reference


def test_taking_out_twice_is_as_once(harness: Harness) -> None:
    sample = harness.sample()
    deliver(harness)
    for _ in range(2):
        harness.open().remove(harness.removal(sample.slice(0, 2)))

    assert_holds(harness, sample.slice(2))


def test_one_who_is_not_there_is_no_error(harness: Harness) -> None:
    sample = harness.sample()
    deliver(harness, 1, sample.slice(0, 3))

    harness.open().remove(harness.removal(sample.slice(5)))
    harness.open().remove(harness.removal(sample.slice(0, 0), number=2))

    assert_holds(harness, sample.slice(0, 3))


def test_an_audience_that_was_never_delivered_can_lose_people(harness: Harness) -> None:
    harness.open().remove(harness.removal(harness.sample()))

    assert_holds(harness)


def test_other_audiences_keep_the_people(harness: Harness) -> None:
    deliver(harness)

    harness.open().remove(harness.removal(harness.sample(), audience=OTHER))

    assert_holds(harness, harness.sample())


def test_everybody_may_be_taken_out_and_come_back_with_a_later_run(harness: Harness) -> None:
    deliver(harness, 1)
    harness.open().remove(harness.removal(harness.sample()))
    assert_holds(harness)

    deliver(harness, 2)

    assert_holds(harness, harness.sample())


def people(harness: Harness, *known: tuple[str | None, str | None]) -> pa.Table:
    """Return rows of the sample about people who are known so: a number, an address."""
    rows = zip(harness.sample().to_pylist(), known, strict=False)
    return pa.Table.from_pylist(
        [row | {"customer_id": number, "email": email} for row, (number, email) in rows],
        schema=harness.sample().schema,
    )


def those_left(harness: Harness, delivered: pa.Table, removed: pa.Table) -> pa.Table:
    """Return the rows of which no identifier that the recipient finds people by is one of those removed."""
    gone = {(name, row[name]) for row in removed.to_pylist() for name in harness.finds_by if row[name]}

    def stays(row: Row) -> bool:
        return gone.isdisjoint({(name, row[name]) for name in harness.finds_by})

    return pa.Table.from_pylist([row for row in delivered.to_pylist() if stays(row)], schema=delivered.schema)


@pytest.mark.parametrize("nothing", NOBODY, ids=["empty", "blank", "null"])
def test_who_is_known_by_one_identifier_takes_nobody_along_who_lacks_the_other(
    harness: Harness, nothing: str | None
) -> None:
    known = people(
        harness,
        ("C-0", "person0@example.org"),
        ("C-1", None),
        (None, "person2@example.org"),
        ("C-3", ""),
        ("C-4", "person4@example.org"),
    )
    deliver(harness, 1, known)
    removed = people(harness, (nothing, "person0@example.org"), ("C-4", nothing), (nothing, nothing))

    harness.open().remove(harness.removal(removed))

    assert_holds(harness, those_left(harness, known, removed))


def test_who_was_sent_with_one_identifier_only_is_taken_out_by_it(harness: Harness) -> None:
    known = people(harness, ("C-0", "person0@example.org"), ("C-1", None), (None, "person2@example.org"))
    deliver(harness, 1, known)

    harness.open().remove(harness.removal(known.slice(1)))

    assert_holds(harness, known.slice(0, 1))


def test_numbers_that_are_no_text_are_found_too(harness: Harness) -> None:
    sample = harness.sample()
    numbers = pa.array(range(sample.num_rows), pa.int64())
    numbered = sample.set_column(0, "customer_id", numbers)
    deliver(harness, 1, numbered)

    harness.open().remove(harness.removal(numbered.slice(1, 5)))

    assert len(harness.held(AUDIENCE)) == sample.num_rows - 5


def test_masked_identifiers_are_found_by_what_was_sent(harness: Harness) -> None:
    emails = harness.sample().column("email").to_pylist()
    hashed = pa.array([hashlib.sha256(email.encode()).hexdigest() for email in emails])
    masked = harness.sample().set_column(1, "email", hashed)
    connector = harness.open(**harness.masked())
    connector.deliver(harness.delivery(1, table=masked.slice(2), identifiers=MASKED), ignore)
    expected = in_order(harness.held(AUDIENCE))
    harness.reset()
    connector = harness.open(**harness.masked())
    connector.deliver(harness.delivery(1, table=masked, identifiers=MASKED), ignore)

    connector.remove(harness.removal(masked.slice(0, 2), identifiers=MASKED))

    assert expected
    assert in_order(harness.held(AUDIENCE)) == expected


def test_what_several_deliveries_brought_is_taken_out_at_once(harness: Harness) -> None:
    sample = harness.sample()
    deliver(harness, 1, sample.slice(0, 6))
    deliver(harness, 2, sample.slice(2))

    for _ in range(2):
        harness.open().remove(harness.removal(sample.slice(0, 4)))

    kept = [] if harness.kind.replaces else [sample.slice(4, 2)]
    assert_holds_people(harness, *kept, sample.slice(4))


def assert_holds_people(harness: Harness, *tables: pa.Table) -> None:
    """Fail unless the recipient shows the rows of all `tables`, however often, and no others."""
    rows = [row for table in tables for row in table.to_pylist()]
    assert in_order(distinct(harness.held(AUDIENCE))) == in_order(distinct(harness.expected(rows)))


def distinct(rows: Rows) -> Rows:
    """Return the rows, each once."""
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def test_a_removal_of_nobody_takes_nobody_out(harness: Harness) -> None:
    deliver(harness)

    harness.open().remove(harness.removal(people(harness, *[(None, "")] * 4)))

    assert_holds(harness, harness.sample())
