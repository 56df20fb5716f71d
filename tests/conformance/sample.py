"""The rows that the conformance suite delivers: few, and as awkward as real ones."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from consent.subjects.types import IdentifierKind

IDENTIFIERS = {IdentifierKind.CUSTOMER_ID: "customer_id", IdentifierKind.EMAIL: "email"}
PLANTED_VALUE = "Planted-Row-Value-7319"
"""Stands in a row, and must stand in no message, log line or representation."""
NOTES = (
    "plain",
    'a "quoted" word, and a comma',
    "line one\nline two\r\nline three",
    "Zoë 雪 🎈 \u202eright to left\u202c",
    "",
    None,
    "tab\tand \\ backslash \\N \\.",
    "NULL",
    PLANTED_VALUE,
    "'; DROP TABLE people; --",
)
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("email", pa.string()),
        ("note", pa.string()),
        ("orders", pa.int64()),
        ("score", pa.float64()),
        ("is_member", pa.bool_()),
        ("born_on", pa.date32()),
        ("seen_at", pa.timestamp("us", tz="UTC")),
        ("spent", pa.decimal128(12, 2)),
    ]
)


def make_sample(*, first: int = 0, count: int = len(NOTES)) -> pa.Table:
    """Return `count` rows, the people numbered from `first`."""
    return pa.Table.from_pylist([_row(number) for number in range(first, first + count)], schema=SCHEMA)


def _row(number: int) -> dict[str, object]:
    is_empty = number % 4 == 3
    return {
        "customer_id": f"C-{number:04}",
        "email": f"person{number}@example.org",
        "note": NOTES[number % len(NOTES)],
        "orders": None if is_empty else number * 10**15 - 1,
        "score": None if is_empty else number / 7,
        "is_member": None if is_empty else number % 2 == 0,
        "born_on": None if is_empty else date(1960 + number % 40, 2, 28),
        "seen_at": None if is_empty else datetime(2026, 11, 1, 23, 59, number % 60, 123456, tzinfo=UTC),
        "spent": None if is_empty else Decimal(number * 100 + 7).scaleb(-2),
    }
