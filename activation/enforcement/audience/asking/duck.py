"""Asking DuckDB: a file opened read-only, and an engine that can reach nothing else.

DuckDB runs in this process, so the lock is set before the query comes: the file is attached read-only (or,
for Parquet and CSV, read by Arrow, and DuckDB never opens it), then every file system and all external
access are switched off, extensions can be neither installed nor loaded, Python's variables are out of
sight, and the configuration is locked. `allowed_paths` would not do: it lets a query write to the path too.
DuckDB's manual ("Securing DuckDB") calls such settings defence in depth and no sandbox: a query is written
by somebody who may see the source's data.
"""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import dataset

from activation.enforcement.audience.asking.types import (
    Answer,
    Query,
    QueryFailed,
    QueryMalformed,
    Source,
    SourceUnreachable,
)
from activation.enforcement.audience.text import open_csv
from activation.enforcement.audience.types import ROWS_AT_ONCE

_DATABASES = frozenset({".duckdb", ".db"})
_CONFIGURATION = {
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",  # nothing of the answer is spilled to a disk
    "threads": "2",
}
_LOCK = (
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET lock_configuration = true",
)


@contextmanager
def ask_duckdb(source: Source, query: Query) -> Iterator[Answer]:
    """Give the answer of a DuckDB source, streamed; a step past its time is interrupted.

    :raises SourceUnreachable: if the file is missing, or not of its format.
    :raises QueryMalformed: if the text is not one query.
    :raises QueryFailed: if the query is refused, takes too long or too much memory, or fails midway.
    """
    with closing(open_duckdb(source)) as connection:
        try:
            with _in_time(connection, source):
                reader = connection.sql(_one_query(connection, query)).to_arrow_reader(ROWS_AT_ONCE)
            yield Answer(reader.schema, _batches(connection, source, reader))
        except (duckdb.Error, pa.ArrowException, OSError, ValueError) as error:
            raise QueryFailed(f"source {source.name}: {_say(error)}") from None  # it may quote a row


@contextmanager
def _in_time(connection: duckdb.DuckDBPyConnection, source: Source) -> Iterator[None]:
    """Interrupt what is done meanwhile if it takes longer than one step may."""
    late = threading.Timer(source.timeout.total_seconds(), connection.interrupt)
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()


def _batches(
    connection: duckdb.DuckDBPyConnection, source: Source, reader: pa.RecordBatchReader
) -> Iterator[pa.RecordBatch]:
    """Yield the rows; the time that the caller takes between two batches does not count."""
    while True:
        with _in_time(connection, source):
            batch = next(reader, None)
        if batch is None:
            return
        yield batch


def _one_query(connection: duckdb.DuckDBPyConnection, query: Query) -> duckdb.Statement:
    """Return the statement as DuckDB itself reads it, and will execute it."""
    statements = connection.extract_statements(query.text)
    if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
        raise QueryMalformed(f"{query.path.name}: write one SELECT, which reads and changes nothing")
    return statements[0]


def open_duckdb(source: Source) -> duckdb.DuckDBPyConnection:
    """Return a locked connection that sees the source's file, and nothing else.

    :raises SourceUnreachable: if the file is missing, or not of its format.
    """
    path = Path(source.address)
    if not path.is_file():
        raise SourceUnreachable(f"source {source.name}: its file is not there")
    connection = duckdb.connect(
        ":memory:", config={**_CONFIGURATION, "memory_limit": f"{source.memory_mib}MiB"}
    )
    try:
        _give(connection, source.name, path)
        for statement in _LOCK:
            connection.execute(statement)
    except BaseException as error:
        connection.close()
        if isinstance(error, duckdb.Error | pa.ArrowException | OSError | ValueError):
            raise SourceUnreachable(f"source {source.name}: its file cannot be read") from None
        raise
    return connection


def _give(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Let the query see the file: a database's tables by their names, another file as a table `name`."""
    if path.suffix.lower() in _DATABASES:
        quoted = str(path).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS \"{name}\" (READ_ONLY)")
        connection.execute(f'USE "{name}"')
    else:
        connection.register(name, _read_by_arrow(path))


def _read_by_arrow(path: Path) -> dataset.Dataset:
    if path.suffix.lower() != ".csv":
        return dataset.dataset(path, format="parquet")
    schema = open_csv(path).schema
    types = dict(zip(schema.names, schema.types, strict=True))
    options = arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    return dataset.dataset(path, schema=schema, format=dataset.CsvFileFormat(convert_options=options))


def _say(error: Exception) -> str:
    """Return what went wrong; midway, Arrow wraps DuckDB's error, and only its first words tell which."""
    words = str(error)
    if isinstance(error, duckdb.InterruptException) or words.startswith("INTERRUPT"):
        return "the query took longer than ACCORDANT_SOURCE_TIMEOUT_SECONDS"
    if isinstance(error, duckdb.OutOfMemoryException) or words.startswith("Out of Memory"):
        return "the query needs more memory than ACCORDANT_SOURCE_MEMORY_MIB"
    return f"DuckDB refused or broke off the query ({type(error).__name__}): try it in DuckDB's own shell"
