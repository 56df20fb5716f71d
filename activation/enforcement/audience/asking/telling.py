"""What lineage may know of a query: its tables by their public names, its columns, and its text redacted.

Nothing here stops a run: what cannot be found out is not told.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from activation.enforcement.audience.asking.laying_out import Laid
from activation.enforcement.audience.asking.types import Query, Source, SourceKind
from activation.enforcement.audience.types import Asked
from lineage.events.naming import DatasetName, MalformedName, local_file
from lineage.events.sql.redaction import redact
from lineage.events.sql.tracing import trace_query
from lineage.events.sql.types import NOTHING_KNOWN, NameTable, TableRef
from lineage.events.stores import duckdb_table, postgres_table

_DATABASES = frozenset({".duckdb", ".db"})


def tell_of_query(source: Source, query: Query, answer: pa.Schema, laid: Laid | None) -> Asked:
    """Return what lineage hears of the query. `answer` is the schema of what it gave."""
    sql = redact(query.text, source.kind.value)
    try:
        name_table = _find_names(source, laid)
        found = trace_query(
            query.text, source.kind.value, schema=laid.columns if laid else None, name_table=name_table
        )
    except (MalformedName, ProgrammingError, ValueError):  # the source has a name that no rule can take
        found = NOTHING_KNOWN
    return Asked(found, sql, _match(answer.names, [column.name for column in found.columns]))


def _match(answer: Sequence[str], traced: Sequence[str]) -> tuple[int | None, ...]:
    """Return which traced column each column of the answer is: by its name, or, without one, its place."""
    folded = [name.casefold() for name in traced]
    places = [
        folded.index(name.casefold()) if folded.count(name.casefold()) == 1 else None for name in answer
    ]
    if len(answer) != len(traced):
        return tuple(places)
    unnamed = {place for place, name in enumerate(traced) if not name}
    return tuple(place if found is None and place in unnamed else found for place, found in enumerate(places))


def _find_names(source: Source, laid: Laid | None) -> NameTable:
    if source.kind is SourceKind.POSTGRESQL:
        return _name_in_postgres(source, laid)
    if Path(source.address).suffix.lower() in _DATABASES:
        return lambda ref: duckdb_table(
            path=source.address, schema=ref.schema or (laid.schema if laid else "main"), table=ref.name
        )
    return lambda ref: _name_file(source, ref)


def _name_file(source: Source, ref: TableRef) -> DatasetName:
    if ref.name.casefold() != source.name.casefold():
        raise MalformedName("a source that is a file has one table, of its own name")
    return local_file(source.address)


def _name_in_postgres(source: Source, laid: Laid | None) -> NameTable:
    parts = {name: str(value) for name, value in conninfo_to_dict(source.address).items() if value}
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    if host.startswith("/"):
        host = "localhost"  # a socket on this machine
    port = int(parts.get("port") or 5432)
    database = laid.database if laid else parts.get("dbname") or parts.get("user", "")

    def name_table(ref: TableRef) -> DatasetName:
        schema = ref.schema or (laid.schema if laid else "public")
        return postgres_table(
            host=host, port=port, database=ref.catalog or database, schema=schema, table=ref.name
        )

    return name_table
