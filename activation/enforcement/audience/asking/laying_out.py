"""Which tables and columns a source has, as far as a query's words may mean them.

Asked for lineage alone: a source that does not say leaves the lineage of the query without them.
"""

import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

import duckdb
import psycopg

from activation.enforcement.audience.asking.duck import open_duckdb
from activation.enforcement.audience.asking.postgres import connect_postgres
from activation.enforcement.audience.asking.types import Query, Source, SourceKind
from activation.enforcement.audience.types import AudienceUnreadable
from lineage.events.sql.types import Schema, TableRef

MOST_COLUMNS = 20_000
_MOST_WORDS = 5_000
_POSTGRES = """
    SELECT current_database(), current_schema(), nspname, relname, attname
    FROM pg_attribute
        JOIN pg_class ON attrelid = pg_class.oid
        JOIN pg_namespace ON relnamespace = pg_namespace.oid
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND attnum > 0 AND NOT attisdropped
        AND lower(relname) = ANY(%s)
    ORDER BY pg_table_is_visible(attrelid) DESC, nspname, relname, attnum LIMIT %s
"""
_DUCKDB = """
    SELECT current_database(), current_schema(), table_schema, table_name, column_name
    FROM information_schema.columns WHERE list_contains(?, lower(table_name))
    ORDER BY table_schema <> current_schema(), table_schema, table_name, ordinal_position LIMIT ?
"""
_Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """The tables of a source, in the order in which it looks for a name."""

    database: str
    schema: str
    """Where a name without a schema is looked for first."""
    columns: Schema


def lay_out(source: Source, query: Query) -> Laid | None:
    """Return the tables that `query` may mean; None if the source does not tell, or has too many."""
    words = sorted({word.lower() for word in re.findall(r"\w+", query.text)})[:_MOST_WORDS]
    try:
        ask = _ask_postgres if source.kind is SourceKind.POSTGRESQL else _ask_duckdb
        rows = ask(source, words)
    except (AudienceUnreadable, psycopg.Error, duckdb.Error):
        return None
    return _lay(rows) if rows and len(rows) <= MOST_COLUMNS else None


def _ask_postgres(source: Source, words: list[str]) -> list[_Row]:
    with closing(connect_postgres(source)) as connection:
        return _plain(connection.execute(_POSTGRES, [words, MOST_COLUMNS + 1]).fetchall())


def _ask_duckdb(source: Source, words: list[str]) -> list[_Row]:
    with closing(open_duckdb(source)) as connection:
        return _plain(connection.execute(_DUCKDB, [words, MOST_COLUMNS + 1]).fetchall())


def _plain(rows: Iterable[tuple[object, ...]]) -> list[_Row]:
    return [(str(a), str(b), str(c), str(d), str(e)) for a, b, c, d, e in rows]


def _lay(rows: list[_Row]) -> Laid:
    columns: dict[TableRef, list[str]] = {}
    for database, _, schema, table, column in rows:
        columns.setdefault(TableRef(database, schema, table), []).append(column)
    database, schema, *_ = rows[0]
    return Laid(database=database, schema=schema, columns=columns)
