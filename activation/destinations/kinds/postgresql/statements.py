"""The statements on the recipient's tables. Names are quoted, values are parameters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pyarrow as pa
from psycopg import sql

AUDIENCE, RUN = "accordant_audience", "accordant_run"
OWN = (AUDIENCE, RUN)


@dataclass(frozen=True, slots=True)
class Target:
    """The table of the rows, and the one of the deliveries beside it."""

    schema: str
    table: str

    @property
    def rows(self) -> sql.Identifier:
        """The rows' table."""
        return sql.Identifier(self.schema, self.table)

    @property
    def deliveries(self) -> sql.Identifier:
        """The table with one row for each delivery that is complete."""
        return sql.Identifier(self.schema, f"{self.table}_deliveries")


def create(connection: psycopg.Connection, target: Target, columns: Iterable[tuple[str, str]]) -> None:
    """Make the tables that are not there."""
    declared = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns]
    own = [sql.SQL(f"{AUDIENCE} text NOT NULL"), sql.SQL(f"{RUN} uuid NOT NULL")]
    if not _exists(connection, target.rows):
        whole = sql.SQL(", ").join([*own, *declared])
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(target.rows, whole))
        connection.execute(sql.SQL("CREATE INDEX ON {} ({})").format(target.rows, sql.Identifier(AUDIENCE)))
    if not _exists(connection, target.deliveries):
        connection.execute(
            sql.SQL(
                "CREATE TABLE {} (run_id uuid PRIMARY KEY, audience text NOT NULL, rows bigint NOT NULL,"
                " manifest text NOT NULL, delivered_at timestamptz NOT NULL DEFAULT now())"
            ).format(target.deliveries)
        )


def find_columns(connection: psycopg.Connection, target: Target) -> set[str] | None:
    """Return the names of the rows' table's columns, None if there is no such table."""
    if not _exists(connection, target.rows):
        return None
    found = connection.execute(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [_text(connection, target.rows)],
    )
    return {name for (name,) in found}


def find_missing_privileges(connection: psycopg.Connection, target: Target) -> list[str]:
    """Return what the user may not do and must, in words."""
    missing = []
    for name in (target.rows, target.deliveries):
        if _exists(connection, name):
            needed = "SELECT", "INSERT", *(["DELETE"] if name == target.rows else [])
            missing += [
                f"{privilege} on {_text(connection, name)}"
                for privilege in needed
                if not _is(connection, "has_table_privilege(%s, %s)", _text(connection, name), privilege)
            ]
        elif not _is(connection, "has_schema_privilege(%s, 'CREATE')", target.schema):
            missing.append(f"CREATE on the schema {target.schema}, where {_text(connection, name)} is to be")
    if not _is(connection, "has_database_privilege(current_database(), 'TEMP')"):
        missing.append("TEMPORARY on the database")
    return missing


def has_schema(connection: psycopg.Connection, target: Target) -> bool:
    """Return whether the schema is there."""
    return _is(connection, "EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)", target.schema)


def lock(connection: psycopg.Connection, target: Target) -> None:
    """Wait until no other delivery or removal is under way; keep others waiting until this one ends."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_text(connection, target.rows)]
    )


def find_delivery(connection: psycopg.Connection, target: Target, run_id: UUID) -> int | None:
    """Return how many rows the run delivered, None if it did not."""
    found = connection.execute(
        sql.SQL("SELECT rows FROM {} WHERE run_id = %s").format(target.deliveries), [run_id]
    ).fetchone()
    return found[0] if found else None


def stage(
    connection: psycopg.Connection, target: Target, columns: Sequence[str], pieces: Iterator[bytes]
) -> None:
    """Copy the rows, as CSV, beside the table: as many columns of the same types."""
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    connection.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE accordant_staging ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
        ).format(named, target.rows)
    )
    connection.execute("SET LOCAL statement_timeout = 0")  # of the whole copy; its steps are watched
    copying = sql.SQL("COPY pg_temp.accordant_staging ({}) FROM STDIN (FORMAT csv, HEADER)").format(named)
    with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for piece in pieces:
            copy.write(piece)
    connection.execute("RESET statement_timeout")


def replace(
    connection: psycopg.Connection,
    target: Target,
    columns: Sequence[str],
    *,
    audience: str,
    run_id: UUID,
    manifest: str,
) -> int:
    """Put the staged rows in the place of the audience's, note the delivery, and return how many they are."""
    clear(connection, target, audience)
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    added = connection.execute(
        sql.SQL("INSERT INTO {} ({}, {}) SELECT %s, %s, {} FROM pg_temp.accordant_staging").format(
            target.rows, sql.SQL(", ").join(map(sql.Identifier, OWN)), named, named
        ),
        [audience, run_id],
    ).rowcount
    connection.execute(
        sql.SQL("INSERT INTO {} (run_id, audience, rows, manifest) VALUES (%s, %s, %s, %s)").format(
            target.deliveries
        ),
        [run_id, audience, added, manifest],
    )
    return added


def clear(connection: psycopg.Connection, target: Target, audience: str) -> None:
    """Delete the audience's rows."""
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE {} = %s").format(target.rows, sql.Identifier(AUDIENCE)), [audience]
    )


def delete(
    connection: psycopg.Connection, target: Target, audience: str, column: str, values: Sequence[str]
) -> int:
    """Delete the audience's rows that have one of the values in that column, and return how many."""
    return connection.execute(
        sql.SQL("DELETE FROM {} WHERE {} = %s AND {}::text = ANY(%s)").format(
            target.rows, sql.Identifier(AUDIENCE), sql.Identifier(column)
        ),
        [audience, list(values)],
    ).rowcount


def read_columns(
    connection: psycopg.Connection, target: Target, audience: str, columns: Sequence[str], *, size: int
) -> Iterator[list[tuple[str | None, ...]]]:
    """Yield the audience's rows, these columns as text, in lists of at most that size: never all at once."""
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
    with connection.cursor(name="accordant_listing") as cursor:
        cursor.execute(
            sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(texts, target.rows, sql.Identifier(AUDIENCE)),
            [audience],
        )
        while rows := cursor.fetchmany(size):
            yield rows


def holds_rows(connection: psycopg.Connection, target: Target, audience: str) -> bool:
    """Return whether there is a row of the audience."""
    found = connection.execute(
        sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {} = %s)").format(target.rows, sql.Identifier(AUDIENCE)),
        [audience],
    ).fetchone()
    return bool(found and found[0])


def type_of(field: pa.Field) -> str | None:
    """Return PostgreSQL's type for a column of the rows, None if there is none."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})" if 0 <= kind.scale <= kind.precision else None
    return next((name for test, name in _TYPES if test(kind)), None)


_TYPES = (
    (pa.types.is_string, "text"),
    (pa.types.is_large_string, "text"),
    (pa.types.is_null, "text"),
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_uint64, "numeric(20)"),
    (pa.types.is_int64, "bigint"),
    (pa.types.is_uint32, "bigint"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_float32, "real"),
    (pa.types.is_float64, "double precision"),
    (pa.types.is_date, "date"),
    (pa.types.is_time, "time"),
    (lambda kind: pa.types.is_timestamp(kind) and kind.tz is None, "timestamp"),
    (pa.types.is_timestamp, "timestamptz"),
)


def _exists(connection: psycopg.Connection, name: sql.Identifier) -> bool:
    return _is(connection, "to_regclass(%s) IS NOT NULL", _text(connection, name))


def _text(connection: psycopg.Connection, name: sql.Identifier) -> str:
    return name.as_string(connection)


def _is(connection: psycopg.Connection, condition: str, *values: object) -> bool:
    found = connection.execute(sql.SQL(f"SELECT {condition}"), values).fetchone()
    return bool(found and found[0])
