"""CSV (RFC 4180, comma, UTF-8, header) and NDJSON as record batches.

CSV values stay text, letter by letter: `00001` keeps its zeros, `NA` and the empty string stay what they
are. NDJSON values keep their JSON type; text that looks like a time stays text; a name that is missing in
a line is null. Its columns and their types are those of the file's first mebibytes.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import json as arrow_json

from activation.enforcement.audience.types import ROWS_AT_ONCE, Audience, AudienceFormat, AudienceUnreadable

_BLOCK_SIZE = 4 * 1024 * 1024

Batches = Iterator[pa.RecordBatch]


def open_csv(path: Path) -> Audience:
    """Return the CSV audience in `path`, all columns text.

    :raises AudienceUnreadable: if it has no header, or is not UTF-8 text.
    """
    try:
        names, has_rows = _read_header(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AudienceUnreadable(f"{path.name}: cannot be read as CSV in UTF-8") from error
    if not names:
        raise AudienceUnreadable(f"{path.name}: empty; an audience without rows still needs its header")
    schema = pa.schema([pa.field(name, pa.string()) for name in names])
    batches = (lambda: _read(path, schema, lambda: _csv_reader(path, schema))) if has_rows else _no_rows
    return Audience(path, AudienceFormat.CSV, schema, batches)


def _read_header(path: Path) -> tuple[list[str], bool]:
    """Return the column names, and whether anything follows them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader(file, strict=True), [])
        return names, bool(file.read(1))


def _no_rows() -> Batches:
    return iter(())


def _csv_reader(path: Path, schema: pa.Schema) -> Any:
    return arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(block_size=_BLOCK_SIZE),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict(zip(schema.names, schema.types, strict=True)), strings_can_be_null=False
        ),
    )


def open_ndjson(path: Path) -> Audience:
    """Return the NDJSON audience in `path`.

    :raises AudienceUnreadable: if it is empty, or does not begin with JSON objects, one a line.
    """
    try:
        with arrow_json.open_json(path, read_options=_json_options()) as reader:
            schema = _without_times(reader.schema)
    except (pa.ArrowException, OSError, ValueError):
        raise AudienceUnreadable(
            f"{path.name}: cannot be read as NDJSON (one JSON object a line, UTF-8, at least one line)"
        ) from None
    return Audience(
        path, AudienceFormat.NDJSON, schema, lambda: _read(path, schema, lambda: _json_reader(path, schema))
    )


def _json_options() -> arrow_json.ReadOptions:
    return arrow_json.ReadOptions(block_size=_BLOCK_SIZE)


def _json_reader(path: Path, schema: pa.Schema) -> Any:
    return arrow_json.open_json(
        path,
        read_options=_json_options(),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    )


def _without_times(schema: pa.Schema) -> pa.Schema:
    """Return `schema` with text where pyarrow took text for a time, and for columns that are null so far."""
    return pa.schema([field.with_type(_plain(field.type)) for field in schema])


def _plain(guessed: pa.DataType) -> pa.DataType:
    if pa.types.is_temporal(guessed) or pa.types.is_null(guessed):
        return pa.string()
    if pa.types.is_list(guessed):
        return pa.list_(_plain(guessed.value_type))
    if pa.types.is_struct(guessed):
        return pa.struct([field.with_type(_plain(field.type)) for field in guessed])
    return guessed


def _read(path: Path, schema: pa.Schema, open_reader: Callable[[], Any]) -> Batches:
    """Yield small batches; an error of pyarrow's quotes the row, so it is not passed on."""
    try:
        with open_reader() as reader:
            for batch in _of_schema(reader, schema):
                batch.validate(full=True)  # pyarrow lets JSON pass that is not UTF-8
                for offset in range(0, batch.num_rows, ROWS_AT_ONCE):
                    yield batch.slice(offset, ROWS_AT_ONCE)
    except (pa.ArrowException, OSError, ValueError):
        raise AudienceUnreadable(
            f"{path.name}: a row is malformed (its columns or their types are not those of the first rows)"
        ) from None


def _of_schema(reader: Any, schema: pa.Schema) -> Any:
    if not reader.schema.equals(schema):
        raise pa.ArrowInvalid("the columns found are not those of the header")
    return reader
