"""Ways to change a database behind its back, one at a time, each undone before the next."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import DataError, IntegrityError, connection, models, transaction

BITS_OF_A_COUNT = 62


@dataclass(frozen=True, slots=True)
class Tampering:
    """One statement that nobody should get away with; `name` tells what it does."""

    name: str
    statement: str
    values: tuple[Any, ...] = ()


class Impossible(Exception):
    """The database cannot hold what the tampering would write: a column's type refuses it."""


@contextmanager
def tampered(tampering: Tampering) -> Iterator[None]:
    """Hold the database in the state after `tampering`, its triggers and foreign keys asleep.

    :raises Impossible: if its types and constraints, which do not sleep, refuse the statement.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            try:
                with transaction.atomic():
                    cursor.execute(tampering.statement, tampering.values)
            except (IntegrityError, DataError) as error:
                raise Impossible from error
            assert cursor.rowcount, tampering
        try:
            yield
        finally:
            transaction.set_rollback(True)


def list_flips(
    model: type[models.Model], *, every_bit: bool, but: Collection[str] = ()
) -> Iterator[Tampering]:
    """Yield the flip of every bit of every column of every row; else of each value's first and last bit.

    The columns in `but` are left alone.
    """
    table, columns = model._meta.db_table, _columns(model)
    for where, row in _rows(model, columns):
        for column, value in zip(columns, row, strict=True):
            if column in but:
                continue
            changes = list(_flip(_filled(model, column) if value is None else value))
            for place, changed in enumerate(changes):
                if every_bit or place in {0, len(changes) - 1}:
                    yield Tampering(
                        f"{table} {where}: bit {place} of {column}",
                        f"UPDATE {table} SET {column} = %s WHERE ctid = %s",
                        (changed, where),
                    )


def list_row_changes(model: type[models.Model]) -> Iterator[Tampering]:
    """Yield the deletion of each row, the truncation after it, and its exchange with the next one."""
    table, columns = model._meta.db_table, _columns(model)
    rows = list(_rows(model, columns))
    for place, (where, _) in enumerate(rows):
        yield Tampering(f"{table}: row {place} deleted", f"DELETE FROM {table} WHERE ctid = %s", (where,))
        rest = [one for one, _ in rows[place:]]
        yield Tampering(
            f"{table}: cut before row {place}", f"DELETE FROM {table} WHERE ctid = ANY(%s::tid[])", (rest,)
        )
    key = _key_columns(model)
    others = [column for column in columns if column not in key]
    for (first, _), (second, _) in pairwise(rows):
        sets = ", ".join(f"{column} = other.{column}" for column in others)
        yield Tampering(
            f"{table}: rows {first} and {second} exchanged",
            f"UPDATE {table} AS one SET {sets} FROM {table} AS other"
            " WHERE (one.ctid = %s AND other.ctid = %s) OR (one.ctid = %s AND other.ctid = %s)",
            (first, second, second, first),
        )


def _rows(model: type[models.Model], columns: Sequence[str]) -> list[tuple[str, tuple[Any, ...]]]:
    order = ", ".join(_key_columns(model))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ctid::text, {', '.join(columns)} FROM {model._meta.db_table} ORDER BY {order}"
        )
        return [(where, tuple(row)) for where, *row in cursor.fetchall()]


def _columns(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in _fields(model)]


def _fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if field.column]


def _key_columns(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in model._meta.pk_fields]


def _filled(model: type[models.Model], column: str) -> Any:
    """Return what could stand where nothing stands."""
    is_time = any(
        isinstance(field, models.DateTimeField) for field in _fields(model) if field.column == column
    )
    return datetime(2030, 1, 1, tzinfo=UTC) if is_time else 1


def _flip(value: Any) -> Iterator[Any]:
    """Yield the value with each of its bits turned."""
    match value:
        case bool():
            yield not value
        case int():
            yield from (value ^ 1 << bit for bit in range(BITS_OF_A_COUNT))
        case datetime():
            yield from (value + timedelta(microseconds=1 << bit) for bit in range(50))
        case str():
            yield from _flip_text(value)
        case _:
            whole = bytes(value)
            for place in range(len(whole)):
                for bit in range(8):
                    yield bytes([*whole[:place], whole[place] ^ 1 << bit, *whole[place + 1 :]])
            yield whole + b"\x00"


def _flip_text(value: str) -> Iterator[str]:
    for changed in _flip(value.encode()):
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            yield text
    yield value + "x"
