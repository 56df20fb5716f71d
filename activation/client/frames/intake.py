"""Taking tables from whatever library made them, and giving the rows back to it."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from activation.obligations.columns import with_children
from consent.kernel.errors import AccordantError

Batches = Iterator[pa.RecordBatch]


class NotATable(AccordantError):
    """What was given speaks no Arrow, or holds a type that Arrow cannot pick rows from."""

    code = "not_a_table"


def take_table(data: Any) -> pa.Table:
    """Return what was given as one table.

    :raises NotATable: if it is none.
    """
    schema, batches = take_batches(data)
    return pa.Table.from_batches(list(batches), schema)


def take_batches(data: Any) -> tuple[pa.Schema, Batches]:
    """Return the schema of what was given, and its rows in their order, as they are asked for.

    Whatever has `__arrow_c_stream__` or `__arrow_c_array__` will do: a table, a batch, a reader, a Polars
    frame. Of a lazy Polars frame, the batches are worked out one by one. Text and binary views become large
    text and binary, because nothing can pick rows from views.

    :raises NotATable: if it is none.
    """
    if hasattr(data, "collect_batches"):
        return legible_schema(_stream(data.limit(0).collect()).schema), _collected(data)
    reader = _stream(data)
    return legible_schema(reader.schema), _legible(reader)


def give_back(table: pa.Table, given: Any) -> Any:
    """Return the table as a Polars frame if one was given, else as it is."""
    kind = type(given)
    return kind(table) if kind.__module__.partition(".")[0] == "polars" else table


def legible_schema(schema: pa.Schema) -> pa.Schema:
    """Return `schema` with types that rows can be picked from."""
    return pa.schema([field.with_type(_legible_type(field.type)) for field in schema], schema.metadata)


def _stream(data: Any) -> pa.RecordBatchReader:
    try:
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
        if hasattr(data, "__arrow_c_array__"):
            batch = pa.record_batch(data)
            return pa.RecordBatchReader.from_batches(batch.schema, [batch])
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise NotATable(f"a {type(data).__name__} cannot be read as a table") from error
    raise NotATable(f"a {type(data).__name__} speaks no Arrow: give a table, a batch, a reader or a frame")


def _collected(data: Any) -> Batches:
    for frame in data.collect_batches():
        yield from _legible(_stream(frame))


def _legible(reader: pa.RecordBatchReader) -> Batches:
    schema = legible_schema(reader.schema)
    try:
        for batch in reader:
            yield batch if batch.schema.equals(schema) else batch.cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise NotATable("a batch is malformed, or of a type that rows cannot be picked from") from error


def _legible_type(held: pa.DataType) -> pa.DataType:
    if pa.types.is_string_view(held):
        return pa.large_string()
    if pa.types.is_binary_view(held):
        return pa.large_binary()
    if pa.types.is_dictionary(held):
        return pa.dictionary(held.index_type, _legible_type(held.value_type), held.ordered)
    return with_children(held, _legible_type)
