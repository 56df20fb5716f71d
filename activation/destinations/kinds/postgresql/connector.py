"""Delivers into a table: staged beside it, then put in the audience's place, in one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import psycopg
import pyarrow as pa

from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.people import read_people
from activation.destinations.kinds.postgresql import statements
from activation.destinations.kinds.postgresql.session import Watch, open_session
from activation.destinations.kinds.postgresql.settings import PostgresqlSettings
from activation.destinations.kinds.postgresql.statements import OWN, Target, type_of
from activation.destinations.kinds.row_forms import refuse_unless_flat
from activation.destinations.kinds.rows_file import encode
from activation.destinations.kinds.rows_listed import (
    ROWS,
    as_listing,
    columns_listed,
    refuse_unless_named,
)
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind

_LONGEST_NAME = 63  # bytes: longer ones are cut off by PostgreSQL, and could then be those of others
_MOST_COLUMNS = 1598
T = TypeVar("T")


class PostgresqlConnector:
    """One table, which holds the rows of all the destination's audiences, told apart by a column of ours."""

    def __init__(self, settings: PostgresqlSettings, password: str, *, allow_local: bool) -> None:
        self._settings = settings
        self._password = password
        self._allow_local = allow_local
        self._target = Target(settings.schema, settings.table)

    def check(self) -> None:
        """Return if the user can log in, and may do with the tables, or the schema, what it takes."""
        with self._session() as (connection, _):
            self._check_privileges(connection)

    def prepare(self, delivery: Delivery) -> None:
        """Return if each column has a type in PostgreSQL, and one in the table if that is there."""
        _columns(delivery.schema)
        with self._session() as (connection, _):
            self._check_privileges(connection)
            self._check_columns(connection, delivery.schema)

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Replace the audience's rows with these."""
        columns = _columns(delivery.schema)
        names = [name for name, _ in columns]
        with self._session() as (connection, watch):
            statements.lock(connection, self._target)
            self._check_columns(connection, delivery.schema)
            statements.create(connection, self._target, columns)
            rows = statements.find_delivery(connection, self._target, delivery.run_id)
            if rows is None:
                encoded = encode(delivery.batches(), "csv", delivery.schema, progress=progress)
                statements.stage(connection, self._target, names, _watched(encoded, watch, are_ours=True))
                watch.touch()
                rows = statements.replace(
                    connection,
                    self._target,
                    names,
                    audience=delivery.audience,
                    run_id=delivery.run_id,
                    manifest=delivery.manifest.decode(),
                )
                watch.touch()
                connection.commit()
        progress(rows)
        return Receipt(reference=f"{self._name} {delivery.run_id}", rows=rows)

    def remove(self, removal: Removal) -> Receipt:
        """Delete these people's rows from the audience."""
        people, removed = read_people(removal), 0
        with self._session() as (connection, watch):
            statements.lock(connection, self._target)
            found = statements.find_columns(connection, self._target)
            for column in people.columns_among(sorted(found)) if found else ():
                values = sorted(people.by_column[column])
                removed += statements.delete(connection, self._target, removal.audience, column, values)
                watch.touch()
            connection.commit()
        return Receipt(reference=f"{self._name} {removal.removal_id}", rows=removed)

    def list_held(self, audience: str, identifiers: Mapping[IdentifierKind, str]) -> Iterator[pa.RecordBatch]:
        """Read the audience's rows as one moment has them, a batch at a time."""
        columns = columns_listed(audience, identifiers)
        with self._session() as (connection, watch):
            found = statements.find_columns(connection, self._target) or set()
            if not found or not statements.holds_rows(connection, self._target, audience):
                return
            refuse_unless_named(columns, found)
            there = [column for column in columns if column in found]
            read = statements.read_columns(connection, self._target, audience, there, size=ROWS)
            for rows in _watched(read, watch, are_ours=False):
                yield from as_listing((dict(zip(there, row, strict=True)) for row in rows), columns)

    @property
    def _name(self) -> str:
        return f"{self._settings.schema}.{self._settings.table}"

    @contextmanager
    def _session(self) -> Iterator[tuple[psycopg.Connection, Watch]]:
        with open_session(self._settings, self._password, allow_local=self._allow_local) as session:
            yield session

    def _check_privileges(self, connection: psycopg.Connection) -> None:
        if not statements.has_schema(connection, self._target):
            raise DeliveryRefused(
                f"there is no schema {self._settings.schema} in the database: make it first"
            )
        if missing := statements.find_missing_privileges(connection, self._target):
            raise DeliveryRefused(f"grant to the database user: {'; '.join(missing)}")

    def _check_columns(self, connection: psycopg.Connection, schema: pa.Schema) -> None:
        found = statements.find_columns(connection, self._target)
        if found is not None and (lacking := [name for name in (*OWN, *schema.names) if name not in found]):
            raise DeliveryRefused(
                f"the table {self._name} lacks the columns {', '.join(lacking)}: add them, or name another"
            )


def open_connector(
    settings: PostgresqlSettings, secrets: Mapping[str, str], surroundings: Surroundings
) -> PostgresqlConnector:
    """Return the connector of that table.

    :raises DeliveryRefused: if the password is missing.
    """
    if not secrets.get("password"):
        raise DeliveryRefused("the credential password is missing: enter the database user's")
    return PostgresqlConnector(settings, secrets["password"], allow_local=surroundings.allow_local)


def _columns(schema: pa.Schema) -> list[tuple[str, str]]:
    """Return the columns of the rows with their types in PostgreSQL.

    :raises DeliveryRefused: if one has none, or a name that cannot be.
    """
    refuse_unless_flat(schema, form="a table in PostgreSQL")
    if not 1 <= len(schema) <= _MOST_COLUMNS:
        raise DeliveryRefused(f"a table takes 1 to {_MOST_COLUMNS} columns")
    return [(_checked_name(field.name), _checked_type(field)) for field in schema]


def _checked_name(name: str) -> str:
    if not 1 <= len(name.encode()) <= _LONGEST_NAME or "\x00" in name or name in OWN:
        raise DeliveryRefused(
            f"the column name {name!r} cannot be one of the table: write 1 to {_LONGEST_NAME} bytes, and none"
            f" of {', '.join(OWN)}"
        )
    return name


def _checked_type(field: pa.Field) -> str:
    kind = type_of(field)
    if kind is None:
        raise DeliveryRefused(f"the column {field.name} is of type {field.type}, which PostgreSQL has not")
    return kind


def _watched(pieces: Iterator[T], watch: Watch, *, are_ours: bool) -> Iterator[T]:
    """Yield the pieces. That one is long in coming is not the server's doing, if they are ours.

    If they are the server's, that they are long in being used is not.
    """
    before, after = (watch.pause, watch.touch) if are_ours else (watch.touch, watch.pause)
    before()
    for piece in pieces:
        after()
        yield piece
        before()
    watch.touch()
