"""What of an audience a topic holds: the last message of each key, unless it says that the row is gone."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from typing import Any

import msgspec
import pyarrow as pa
from confluent_kafka import Message

from activation.destinations.kinds.kafka.reading import audience_of
from activation.destinations.kinds.people import People
from activation.destinations.kinds.rows_file import telling_of_form
from activation.destinations.kinds.rows_listed import as_listing, refuse_unless_named
from consent.network.errors import DeliveryFailed, DeliveryRefused

_TABLE = "CREATE TABLE told (number INTEGER PRIMARY KEY, key BLOB NOT NULL, row BLOB)"
_ADD = "INSERT INTO told (key, row) VALUES (?, ?)"
# Of a group the columns are those of the row with the largest number, as SQLite says of max(). It sorts on
# disk: a table by key, kept while reading, would be written all over.
_LAST = "SELECT row, max(number) FROM told GROUP BY key HAVING row IS NOT NULL"


def list_rows(messages: Iterable[Message], audience: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield the columns of the audience's rows that are there.

    They are gathered in a database that nobody else sees, which lies on disk when it grows, and goes with it.

    :raises DeliveryRefused: if there are rows, and none has any of the columns.
    :raises DeliveryFailed: if there is no room on our disk.
    """
    with _telling_of_disk(), closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("BEGIN")
        database.execute(_TABLE)
        names, numbers = set[str](), count()
        for message in messages:
            if audience_of(message) != audience:
                continue
            key, value = message.key(), message.value()
            if value is None:
                database.execute(_ADD, [b"=" + _bytes(key), None])
                continue
            row = _read(value)
            names |= row.keys()
            kept = msgspec.json.encode({name: row.get(name) for name in columns})
            place = b"=" + _bytes(key) if key is not None else b"#%d" % next(numbers)
            database.execute(_ADD, [place, kept])
        yield from as_listing(_checked(database.execute(_LAST), columns, names), columns)


def find_keys(messages: Iterable[Message], audience: str, people: People) -> set[str]:
    """Return the keys of the rows in which one of the people has any of their identifiers.

    :raises DeliveryRefused: if such a row has no key: no message could take it out.
    """
    found = set[str]()
    for message in messages:
        value = message.value()
        if value is None or audience_of(message) != audience or not _is_one_of(_read(value), people):
            continue
        if message.key() is None:
            raise DeliveryRefused(
                "somebody who is to be taken out is in a message without a key: delete it at the brokers"
            )
        found.add(_bytes(message.key()).decode())
    return found


def _is_one_of(row: Mapping[str, Any], people: People) -> bool:
    return any(
        str(row[column]) in values
        for column, values in people.by_column.items()
        if row.get(column) is not None
    )


def _checked(
    found: Iterable[tuple[bytes, int]], columns: list[str], names: set[str]
) -> Iterator[dict[str, Any]]:
    for row, _ in found:
        refuse_unless_named(columns, names)
        yield msgspec.json.decode(row)


def _read(value: bytes) -> dict[str, Any]:
    with telling_of_form():
        return msgspec.json.decode(value, type=dict[str, Any])


def _bytes(key: str | bytes | None) -> bytes:
    return key.encode() if isinstance(key, str) else key or b""


@contextmanager
def _telling_of_disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error:
        raise DeliveryFailed(
            "what the topic holds cannot be gathered: is there room for temporary files here?"
        ) from None
