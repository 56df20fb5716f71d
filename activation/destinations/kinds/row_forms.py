"""Rows as text: each value in a form that loses nothing."""

from collections.abc import Iterator

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from consent.network.errors import DeliveryRefused

_AS_THEY_ARE = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_null,
)
_AS_TEXT = (pa.types.is_date, pa.types.is_time, pa.types.is_timestamp, pa.types.is_decimal)


def refuse_unless_flat(schema: pa.Schema, *, form: str) -> None:
    """Return if each column holds plain values: numbers, text, truth, days and times.

    :raises DeliveryRefused: if one holds anything else, or two have one name.
    """
    refuse_doubles(schema)
    for field in schema:
        inner = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if not any(test(inner) for test in (*_AS_THEY_ARE, *_AS_TEXT)):
            raise DeliveryRefused(
                f"the column {field.name} is of type {field.type}, which {form} has no form for:"
                " leave it out, or turn it into text before the run"
            )


def refuse_doubles(schema: pa.Schema) -> None:
    """Return if each column has a name of its own.

    :raises DeliveryRefused: if two have one.
    """
    for name in schema.names:
        if len(schema.get_all_field_indices(name)) > 1:
            raise DeliveryRefused(f"two columns are named {name}: give each a name of its own")


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows with numbers, text and truth as they are, and everything else as text (ISO 8601)."""
    columns = [_plain(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def json_rows(batch: pa.RecordBatch) -> Iterator[bytes]:
    """Yield each row as one JSON object in UTF-8, without a line end. What is no number (NaN) is null."""
    encoder = msgspec.json.Encoder()
    yield from map(encoder.encode, plain(batch).to_pylist())


def texts_of(batch: pa.RecordBatch, column: str) -> list[str | None]:
    """Return a column's values as text; what is missing, or says nothing, is None."""
    texts = plain(batch.select([column])).column(0).cast(pa.string()).to_pylist()
    return [text if text and not text.isspace() else None for text in texts]


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not any(test(column.type) for test in _AS_TEXT):
        return column
    text = pc.cast(column, pa.string())
    return pc.replace_substring(text, " ", "T") if pa.types.is_timestamp(column.type) else text
