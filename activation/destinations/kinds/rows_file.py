"""Rows as the bytes of one file: Parquet, CSV or NDJSON."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Literal, Protocol

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from activation.destinations.kinds.interface import Progress
from activation.destinations.kinds.row_forms import json_rows, plain, refuse_doubles, refuse_unless_flat
from consent.network.errors import DeliveryRefused

Form = Literal["parquet", "csv", "ndjson"]
_CHUNK = 1 << 20


class RowWriter(Protocol):
    """Takes batches of one schema, in order."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`."""


def refuse_unless_writable(schema: pa.Schema, form: Form) -> None:
    """Return if rows of that schema can be written so.

    :raises DeliveryRefused: if not.
    """
    if form == "parquet":
        refuse_doubles(schema)
    else:
        refuse_unless_flat(schema, form=form.upper())


def encode(
    batches: Iterator[pa.RecordBatch], form: Form, schema: pa.Schema, *, progress: Progress
) -> Iterator[bytes]:
    """Yield the file's bytes, a piece at a time; `progress` is told how many rows they hold so far."""
    buffer, rows = BytesIO(), 0
    with _open_writer(buffer, form, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
            if buffer.tell() >= _CHUNK:
                yield _take(buffer)
                progress(rows)
    yield _take(buffer)
    progress(rows)


@contextmanager
def telling_of_form() -> Iterator[None]:
    """Turn what a reader says of a file that somebody changed, and may quote, into words of ours.

    :raises DeliveryRefused: if the file is not what was written.
    """
    try:
        yield
    except (ValueError, csv.Error, IndexError, KeyError, AttributeError, pa.ArrowException):
        raise DeliveryRefused(
            "the audience at the recipient is not as it was delivered, and cannot be read: deliver it again"
        ) from None


def _take(buffer: BytesIO) -> bytes:
    """Return what the buffer holds, and empty it."""
    taken = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return taken


@contextmanager
def _open_writer(file: IO[bytes], form: Form, schema: pa.Schema) -> Iterator[RowWriter]:
    """Give a writer of rows into `file`; what the form needs at its end is written on leaving."""
    if form == "parquet":
        with parquet.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer:
            yield writer
    elif form == "csv":
        texts = plain(pa.RecordBatch.from_pylist([], schema=schema)).schema
        with arrow_csv.CSVWriter(file, texts) as writer:
            yield _PlainWriter(writer)
    else:
        yield _NdjsonWriter(file)


class _PlainWriter:
    """CSV: text is quoted and what is missing is not, so that the empty text and no value stay apart."""

    def __init__(self, writer: arrow_csv.CSVWriter) -> None:
        self._writer = writer

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(plain(batch))


class _NdjsonWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write_batch(self, batch: pa.RecordBatch) -> None:
        for row in json_rows(batch):
            self._file.write(row + b"\n")
