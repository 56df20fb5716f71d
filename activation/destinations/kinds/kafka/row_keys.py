"""The keys of messages: they name a person within an audience, and show no identifier unless asked to."""

import hashlib
from collections.abc import Mapping, Sequence

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


def keys_of_person(
    person: Mapping[str, str], audience: str, identifiers: Mapping[IdentifierKind, str], key_column: str
) -> list[str]:
    """Return every key under which rows of this person may be, as far as what is known of them tells."""
    if key_column:
        return [person[key_column]] if key_column in person else []
    return [
        key_of(audience, kind, person[column]) for kind, column in identifiers.items() if column in person
    ]


def is_found_by_key(
    person: Mapping[str, str], identifiers: Mapping[IdentifierKind, str], key_column: str
) -> bool:
    """Return whether `keys_of_person` tells all: what the audience's keys are made of is known."""
    first = next((identifiers[kind] for kind in IdentifierKind if kind in identifiers), "")
    return (key_column or first) in person


def _first(audience: str, columns: Sequence[tuple[IdentifierKind, list[str | None]]], row: int) -> str | None:
    for kind, values in columns:
        value = values[row]
        if value is not None:
            return key_of(audience, kind, value)
    return None


def _texts(batch: pa.RecordBatch, column: str) -> list[str | None]:
    texts: list[str | None] = plain(batch.select([column])).column(0).cast(pa.string()).to_pylist()
    return texts
