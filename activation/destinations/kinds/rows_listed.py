"""The identifiers that lie in a file, read back as they were written."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import IO, Any

import pyarrow as pa
from pyarrow import parquet

from activation.destinations.kinds.interface import refuse_unless_slug
from activation.destinations.kinds.platform_rows import in_portions
from activation.destinations.kinds.row_forms import texts_of
from activation.destinations.kinds.rows_file import Form, telling_of_form
from activation.destinations.kinds.rows_left import fields_of, records_of
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind

ROWS = 4096
"""Rows that one batch of a listing holds."""


def columns_listed(audience: str, identifiers: Mapping[IdentifierKind, str]) -> list[str]:
    """Return the columns of a listing of the audience, each once, in the order that every listing has.

    :raises DeliveryRefused: if no audience can be named so, or no column is asked for.
    """
    refuse_unless_slug(audience)
    if not identifiers:
        raise DeliveryRefused("a listing needs a column by which people are told apart: name one")
    return sorted(set(identifiers.values()))


def refuse_unless_named(columns: Collection[str], there: Collection[str]) -> None:
    """Return if one of the columns is there: else nobody could be told from anybody.

    :raises DeliveryRefused: otherwise.
    """
    if not set(columns) & set(there):
        raise DeliveryRefused(
            "the audience at the recipient has none of the identifier columns it was asked for"
            f" ({', '.join(sorted(columns))}): was it delivered by somebody else, or under other names?"
        )


def as_listing(rows: Iterable[Mapping[str, Any]], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield rows as batches of text, with these columns; what a row lacks, or leaves empty, is null."""
    schema = pa.schema([(column, pa.string()) for column in columns])
    for portion, _ in in_portions(rows, ROWS):
        if portion:
            texts = [{column: _text(row.get(column)) for column in columns} for row in portion]
            yield pa.RecordBatch.from_pylist(texts, schema=schema)


def rows_listed(file: IO[bytes], form: Form, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield the identifiers in a file that `encode` wrote.

    :raises DeliveryRefused: if it has rows and none of the columns, or is not what was written.
    """
    reading = {"parquet": _parquet, "csv": _csv, "ndjson": _ndjson}[form]
    with telling_of_form():
        yield from as_listing(reading(file, columns), columns)


def _parquet(file: IO[bytes], columns: list[str]) -> Iterator[dict[str, Any]]:
    whole = parquet.ParquetFile(file, page_checksum_verification=True)
    there = [name for name in whole.schema_arrow.names if name in columns]
    if whole.metadata.num_rows:
        refuse_unless_named(columns, there)
    for batch in whole.iter_batches(batch_size=ROWS, columns=there):
        texts = [texts_of(batch, column) for column in there]
        yield from (dict(zip(there, row, strict=True)) for row in zip(*texts, strict=True))


def _csv(file: IO[bytes], columns: list[str]) -> Iterator[dict[str, Any]]:
    records = records_of(file)
    names = fields_of(next(records, b""))
    for record in records:
        refuse_unless_named(columns, names)
        yield dict(zip(names, fields_of(record), strict=True))


def _ndjson(file: IO[bytes], columns: list[str]) -> Iterator[dict[str, Any]]:
    for line in file:
        row: dict[str, Any] = json.loads(line)
        refuse_unless_named(columns, row)
        yield row


def _text(value: Any) -> str | None:
    text = "" if value is None else str(value)
    return text if text and not text.isspace() else None
