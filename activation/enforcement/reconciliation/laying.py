"""Both sides laid beside one another: whom we know to be there, and the rows that the destination names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from activation.enforcement.membership.types import Member
from consent.subjects.types import IdentifierKind

_OURS = pa.schema(
    [("member", pa.int64()), ("ref", pa.string()), ("kind", pa.string()), ("value", pa.string())]
)
_MEMBERS_AT_ONCE = 10_000
_ROW = pa.field("row", pa.int64())


@dataclass(frozen=True, slots=True)
class Ours:
    """How many members there are, and of how many the destination was told nothing."""

    members: int
    incomparable: int


def lay_ours(members: Iterator[Member], path: Path) -> Ours:
    """Write the identifiers that each member was sent by, one a row."""
    total = incomparable = 0
    with parquet.ParquetWriter(path, _OURS, compression="zstd") as writer:
        while some := list(islice(members, _MEMBERS_AT_ONCE)):
            rows = [
                (total + place, member.ref, kind.value, value)
                for place, member in enumerate(some)
                for kind, values in member.identifiers.items()
                for value in values
            ]
            columns = zip(*rows, strict=True) if rows else ((),) * len(_OURS)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, _OURS, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_OURS))
            total += len(some)
            incomparable += sum(not any(member.identifiers.values()) for member in some)
    return Ours(total, incomparable)


def lay_theirs(
    batches: Iterable[pa.RecordBatch],
    columns: Mapping[IdentifierKind, str],
    path: Path,
    *,
    told: Callable[[int], None],
) -> int:
    """Write the rows that the destination names, numbered, a column a kind; return how many they are."""
    schema = pa.schema([_ROW, *((kind.value, pa.string()) for kind in columns)])
    total = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            numbers = pa.array(range(total, total + batch.num_rows), pa.int64())
            named = [batch.column(column).cast(pa.string()) for column in columns.values()]
            writer.write_batch(pa.RecordBatch.from_arrays([numbers, *named], schema=schema))
            total += batch.num_rows
            told(total)
    return total
