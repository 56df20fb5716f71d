"""The keys of messages: they name a person within an audience, and show no identifier unless asked to."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from activation.destinations.kinds.row_forms import plain
from consent.subjects.types import IdentifierKind


def key_of(audience: str, kind: IdentifierKind, value: str) -> str:
    """Return the key of a person's rows in the audience: a SHA-256 in hex."""
    return hashlib.sha256(f"{audience}\n{kind}\n{value}".encode()).hexdigest()


def keys_of_rows(
    batch: pa.RecordBatch, audience: str, identifiers: Mapping[IdentifierKind, str], key_column: str
) -> list[str | None]:
    """Return the key of each row: by the column named, else by the first identifier that it has."""
    if key_column:
        return _texts(batch, key_column)
    columns = [(kind, _texts(batch, identifiers[kind])) for kind in IdentifierKind if kind in identifiers]
    return [_first(audience, columns, row) for row in range(batch.num_rows)]


def keys_of_people(
    batch: pa.RecordBatch, audience: str, identifiers: Mapping[IdentifierKind, str], key_column: str
) -> Iterator[str]:
    """Yield every key under which rows of these people may be."""
    if key_column:
        yield from (key for key in _texts(batch, key_column) if key is not None)
        return
    for kind, column in identifiers.items():
        yield from (key_of(audience, kind, value) for value in _texts(batch, column) if value is not None)


def _first(audience: str, columns: Sequence[tuple[IdentifierKind, list[str | None]]], row: int) -> str | None:
    for kind, values in columns:
        value = values[row]
        if value is not None:
            return key_of(audience, kind, value)
    return None


def _texts(batch: pa.RecordBatch, column: str) -> list[str | None]:
    texts: list[str | None] = plain(batch.select([column])).column(0).cast(pa.string()).to_pylist()
    return texts
