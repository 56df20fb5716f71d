"""Writing allowed rows in the format they came in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Protocol

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from activation.enforcement.audience.types import AudienceFormat


class RowWriter(Protocol):
    """Takes batches of one schema, in order."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`."""


class _NdjsonWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write_batch(self, batch: pa.RecordBatch) -> None:
        for row in batch.to_pylist():
            line = json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            self._file.write(line.encode() + b"\n")


@contextmanager
def open_writer(file: IO[bytes], audience_format: AudienceFormat, schema: pa.Schema) -> Iterator[RowWriter]:
    """Give a writer of rows into `file`; what the format needs at its end is written on leaving."""
    if audience_format is AudienceFormat.NDJSON:
        yield _NdjsonWriter(file)
        return
    with _arrow_writer(file, audience_format, schema) as writer:
        yield writer


def _arrow_writer(
    file: IO[bytes], audience_format: AudienceFormat, schema: pa.Schema
) -> arrow_csv.CSVWriter | parquet.ParquetWriter:
    if audience_format is AudienceFormat.PARQUET:
        return parquet.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True)
    options = arrow_csv.WriteOptions(quoting_style="needed")
    return arrow_csv.CSVWriter(file, schema, write_options=options)
