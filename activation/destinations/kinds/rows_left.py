"""The rows that stay in a file when people are taken out: each as it was, to the byte where it is text."""

import csv
import json
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from activation.destinations.kinds.people import People
from activation.destinations.kinds.row_forms import plain
from activation.destinations.kinds.rows_file import Form, encode, telling_of_form

csv.field_size_limit(1 << 30)
_CHUNK = 1 << 20


def rows_left(
    file: IO[bytes], form: Form, people: People, *, removed: Callable[[int], None]
) -> Iterator[bytes]:
    """Yield the bytes of a file as `encode` wrote it, less the rows of `people`; tell how many are left out.

    :raises DeliveryRefused: if no column of the file names one of the people, or the file is not what was
        written.
    """
    leaving = {"parquet": _parquet, "csv": _csv, "ndjson": _ndjson}[form]
    with telling_of_form():
        yield from leaving(file, people, removed)


def _parquet(file: IO[bytes], people: People, removed: Callable[[int], None]) -> Iterator[bytes]:
    whole = parquet.ParquetFile(file, page_checksum_verification=True)
    columns = people.columns_among(whole.schema_arrow.names)
    left = (_left(batch, columns, people, removed) for batch in whole.iter_batches())
    yield from encode(left, "parquet", whole.schema_arrow, progress=lambda _: None)


def _left(
    batch: pa.RecordBatch, columns: list[str], people: People, removed: Callable[[int], None]
) -> pa.RecordBatch:
    left = batch
    for column in columns:
        texts = plain(left.select([column])).column(0).cast(pa.string())
        left = left.filter(pc.invert(pc.is_in(texts, pa.array(people.by_column[column], pa.string()))))
    removed(batch.num_rows - left.num_rows)
    return left


def _csv(file: IO[bytes], people: People, removed: Callable[[int], None]) -> Iterator[bytes]:
    return _joined(_csv_records(file, people, removed))


def _csv_records(file: IO[bytes], people: People, removed: Callable[[int], None]) -> Iterator[bytes]:
    records = records_of(file)
    first = next(records, b"")
    names = fields_of(first)
    columns = people.columns_among(names)
    places = [(names.index(column), people.by_column[column]) for column in columns]
    yield first
    for record in records:
        fields = fields_of(record)
        if any(fields[place] in values for place, values in places):
            removed(1)
        else:
            yield record


def records_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield each record with its line end: a line end between quotes is a part of a value.

    :raises ValueError: if the last one is cut off.
    """
    record = b""
    for line in file:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        raise ValueError("cut off")


def fields_of(record: bytes) -> list[str]:
    """Return a record's values. No value and the empty text are both empty."""
    return next(csv.reader([record.decode()]), [])


def _ndjson(file: IO[bytes], people: People, removed: Callable[[int], None]) -> Iterator[bytes]:
    return _joined(_ndjson_lines(file, people, removed))


def _ndjson_lines(file: IO[bytes], people: People, removed: Callable[[int], None]) -> Iterator[bytes]:
    for line in file:
        row: dict[str, Any] = json.loads(line)
        columns = people.columns_among(list(row))
        if any(str(row[column]) in people.by_column[column] for column in columns if row[column] is not None):
            removed(1)
        else:
            yield line


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in larger pieces."""
    held, size = list[bytes](), 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
