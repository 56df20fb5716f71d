"""Asking PostgreSQL: a read-only transaction of a role that may not write, and a cursor.

What protects the source is the transaction (READ ONLY, REPEATABLE READ: one moment, whatever lasts), the
role's privileges (looked at first), and the extended protocol, which takes one statement. A function that
the role may execute runs with its owner's rights: whoever grants the role more than SELECT grants that too.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pyarrow as pa
from psycopg import errors
from psycopg.types.string import TextLoader

from activation.enforcement.audience.asking.types import (
    Answer,
    Query,
    QueryFailed,
    Source,
    SourceTooPowerful,
    SourceUnreachable,
)
from activation.enforcement.audience.types import ROWS_AT_ONCE

_PREPARE = """
    SELECT set_config('statement_timeout', %s, true), set_config('TimeZone', 'UTC', true),
        set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'iso_8601', true)
"""
_POWERS = """
    SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
        OR EXISTS (
            SELECT FROM pg_roles AS other
            WHERE other.rolname IN ('pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
                'pg_execute_server_program', 'pg_signal_backend', 'pg_maintain')
            AND pg_has_role(own.oid, other.oid, 'MEMBER')
        )
        OR EXISTS (
            SELECT FROM pg_class
            WHERE relkind IN ('r', 'p', 'v', 'f') AND relnamespace <> 'pg_catalog'::regnamespace
            AND (pg_has_role(own.oid, relowner, 'MEMBER')
                OR has_table_privilege(own.oid, oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
        )
    FROM pg_roles AS own WHERE rolname = session_user
"""
_TYPES = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "bytea": pa.binary(),
}
"""Every other type is read as the text that PostgreSQL writes: `numeric` too, to the last digit."""
_BY_OID = {psycopg.adapters.types[name].oid: arrow for name, arrow in _TYPES.items()}


@contextmanager
def ask_postgres(source: Source, query: Query) -> Iterator[Answer]:
    """Give the answer of a PostgreSQL source; the transaction ends on leaving.

    :raises SourceUnreachable: if nobody answers, or the role is not let in.
    :raises SourceTooPowerful: if the role could write, or see what it should not.
    :raises QueryFailed: if the query is refused, takes too long, or fails midway.
    """
    try:
        with closing(connect_postgres(source)) as connection, connection.cursor(name="audience") as cursor:
            cursor.execute(query.text.encode())
            schema = _schema(cursor)
            yield Answer(schema, _batches(cursor, schema))
    except (psycopg.Error, pa.ArrowException, ValueError, OverflowError) as error:
        raise QueryFailed(f"source {source.name}: {_say(error)}") from None  # its message may quote a row


def connect_postgres(source: Source) -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection whose transactions only read.

    :raises SourceUnreachable: if nobody answers, or the role is not let in.
    :raises SourceTooPowerful: if the role could write, or see what it should not.
    """
    try:
        connection = psycopg.connect(source.address, connect_timeout=10, client_encoding="utf8")
    except psycopg.Error:
        raise SourceUnreachable(
            f"source {source.name}: it does not answer, or does not let us in: look at its address and log"
        ) from None
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        _read_as_text(connection)
        connection.execute(_PREPARE, [str(int(source.timeout.total_seconds() * 1000))])
        [powerful] = connection.execute(_POWERS).fetchone() or [True]
    except BaseException:
        connection.close()
        raise
    if powerful:
        connection.close()
        raise SourceTooPowerful(
            f"source {source.name}: its role can do more than read: give it SELECT and nothing else"
        )
    return connection


def _read_as_text(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for known in psycopg.adapters.types:
        for oid in (known.oid, known.array_oid):
            if oid and oid not in _BY_OID:
                connection.adapters.register_loader(oid, TextLoader)


def _schema(cursor: psycopg.ServerCursor[tuple[object, ...]]) -> pa.Schema:
    columns = cursor.description or ()
    return pa.schema([pa.field(one.name, _BY_OID.get(one.type_code, pa.string())) for one in columns])


def _batches(cursor: psycopg.ServerCursor[tuple[object, ...]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        columns = zip(*rows, strict=True)
        arrays = [pa.array(one, field.type) for one, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _say(error: Exception) -> str:
    if isinstance(error, errors.QueryCanceled):
        return "the query took longer than ACCORDANT_SOURCE_TIMEOUT_SECONDS, or was cancelled"
    if isinstance(error, psycopg.Error) and error.sqlstate:
        name = type(error).__name__
        return f"PostgreSQL refused or broke off the query ({error.sqlstate} {name}): try it in psql"
    return "a value cannot be read (such as an infinite date): cast its column to text"
