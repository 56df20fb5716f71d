"""Telling whether a recipient holds exactly what it should."""

from collections.abc import Mapping

import pyarrow as pa

from activation.destinations.kinds.interface import Receipt
from consent.subjects.types import IdentifierKind
from tests.conformance.harness import AUDIENCE, Harness, Row, Rows


def ignore(_: int) -> None:
    """Take note of no progress."""


def deliver(harness: Harness, run: int = 1, table: pa.Table | None = None) -> Receipt:
    """Deliver by a connector of its own."""
    return harness.open().deliver(harness.delivery(run, table=table), ignore)


def in_order(rows: Rows) -> Rows:
    """Return the rows in an order that depends on nothing but them."""
    return sorted(rows, key=_key)


def _key(row: Row) -> str:
    return repr(sorted((name, repr(value)) for name, value in row.items()))


def assert_holds(harness: Harness, *tables: pa.Table, audience: str = AUDIENCE) -> None:
    """Fail unless the recipient shows the rows of all `tables`, each once, and no other."""
    rows = [row for table in tables for row in table.to_pylist()]
    assert in_order(harness.held(audience)) == in_order(harness.expected(rows))


def holds(harness: Harness, *tables: pa.Table) -> bool:
    """Return whether the recipient shows exactly the rows of `tables`."""
    rows = [row for table in tables for row in table.to_pylist()]
    return in_order(harness.held(AUDIENCE)) == in_order(harness.expected(rows))


def assert_silent(harness: Harness, *texts: str) -> None:
    """Fail if a text holds a credential or anything of a row."""
    secret = [*harness.secrets().values(), *harness.planted()]
    for text in texts:
        assert not [word for word in secret if word in text]


def list_held(
    harness: Harness, audience: str = AUDIENCE, identifiers: Mapping[IdentifierKind, str] | None = None
) -> Rows:
    """Return what the connector says the recipient holds."""
    batches = harness.open().list_held(audience, identifiers or harness.identifiers())
    return [row for batch in batches for row in batch.to_pylist()]


def assert_lists(harness: Harness, *tables: pa.Table, audience: str = AUDIENCE) -> None:
    """Fail unless the connector tells of the people of all `tables`, each once, and of no other."""
    columns = sorted(set(harness.identifiers().values()))
    people = [row for table in tables for row in table.select(columns).to_pylist()]
    told = [{column: person[column] or None for column in columns} for person in people]
    assert in_order(list_held(harness, audience)) == in_order(told)
