"""Running the query on DuckDB, in this process and in bounded memory."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet
from sqlglot import exp

from activation.snapshots.bulk.columns import Description, schema_of

MEMORY_LIMIT = "900MB"
"""Of the database's own memory; what does not fit goes to disk."""
ROWS_AT_ONCE = 122_880
"""Of a result: what DuckDB works on at a time."""


class Duck:
    """One DuckDB in memory, which reaches nothing but what it is given."""

    def __init__(self, scratch: Path) -> None:
        """Open it; what does not fit into memory is put below `scratch`."""
        settings: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(scratch),
            "memory_limit": MEMORY_LIMIT,
            "autoload_known_extensions": False,
        }
        self._connection = duckdb.connect(config=settings)

    def close(self) -> None:
        """Give back its memory and files."""
        self._connection.close()

    def read(self, name: str, path: Path) -> None:
        """Let the relation `name` be a Parquet file."""
        relation = self._connection.read_parquet(str(path))
        relation.create_view(name, replace=True)

    def give(self, name: str, table: pa.Table | pa.RecordBatchReader) -> None:
        """Let the relation `name` be rows in memory."""
        self._connection.register(name, table)

    def table(self, select: exp.Query) -> pa.Table:
        """Return the whole result of a query."""
        return self._connection.sql(to_sql(select)).to_arrow_table()

    def keep(self, name: str, select: exp.Query) -> None:
        """Let the relation `name` be the result of a query as it is now; what does not fit goes to disk."""
        self._connection.sql(to_sql(select)).create(f"{name}_next")
        self._connection.execute(f"DROP TABLE IF EXISTS {name}; ALTER TABLE {name}_next RENAME TO {name}")

    def do(self, sql: str, values: Mapping[str, bytes] | None = None) -> None:
        """Carry out a statement of ours."""
        self._connection.execute(sql, dict(values or {}))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the whole result of a statement of ours."""
        return self._connection.execute(sql).fetchall()

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Yield the result of a statement of ours, in bounded memory."""
        yield from self._connection.sql(sql).to_arrow_reader(ROWS_AT_ONCE)


@contextmanager
def open_duck(scratch: Path) -> Iterator[Duck]:
    """Give a DuckDB that is closed on leaving."""
    duck = Duck(scratch)
    try:
        yield duck
    finally:
        duck.close()


def to_sql(select: exp.Query, dialect: str = "duckdb") -> str:
    """Return the text of a query."""
    return select.sql(dialect=dialect)


def describe(path: Path) -> Description:
    """Return what the file of people at `path` says of itself.

    :raises UnreadablePeople: if it is none of ours.
    """
    with parquet.ParquetFile(path) as file:
        return Description.read(file.metadata.metadata)


def no_people() -> pa.Table:
    """Return the relation `people` without anybody: for runs whose people are all decided one by one."""
    return schema_of(1).empty_table()
