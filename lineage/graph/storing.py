"""Rows of the graph by the thousand: inserted, locked, merged and updated, in an order that nobody crosses.

Names in the statements are those of `Table`s, which are constants of ours; values are parameters.

Any number of processes may store at once. Each goes through the tables in the same order, and through the
rows of each in the order of their keys: none waits for one that waits for it.
"""

# ruff: noqa: S608 - see above

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection

Key = tuple[Any, ...]
Values = tuple[Any, ...]
There = Mapping[str, Any]
"""What a row holds already, by column."""
State = TypeVar("State")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table's name and its columns with their types: what identifies a row, and the rest."""

    name: str
    keys: Mapping[str, str]
    values: Mapping[str, str]


def store(
    table: Table,
    rows: Mapping[Key, State],
    *,
    write: Callable[[State], Values],
    merge: Callable[[State, There], bool],
) -> dict[Key, int]:
    """Insert the rows that are new, merge the others into what is there, and return all ids.

    `write` returns a row's values. `merge` has a state take what is there, and returns whether what is there
    must change. Call it in a transaction.
    """
    keys = sorted(rows)
    ids = _insert(table, keys, [write(rows[key]) for key in keys])
    changed: list[tuple[int, Values]] = []
    for row_id, key, there in _lock(table, [key for key in keys if key not in ids]):
        ids[key] = row_id
        if merge(rows[key], there):
            changed.append((row_id, write(rows[key])))
    _update(table, changed)
    return ids


def _insert(table: Table, keys: Sequence[Key], values: Sequence[Values]) -> dict[Key, int]:
    if not keys:
        return {}
    columns = {**table.keys, **table.values}
    found = _run(
        f"INSERT INTO {table.name} ({_names(columns)}) SELECT * FROM unnest({_arrays(columns)}) "
        f"ON CONFLICT ({_names(table.keys)}) DO NOTHING RETURNING id, {_names(table.keys)}",
        [(*key, *value) for key, value in zip(keys, values, strict=True)],
    )
    return {_key(table, row[1:]): row[0] for row in found}


def _lock(table: Table, keys: Sequence[Key]) -> list[tuple[int, Key, There]]:
    if not keys:
        return []
    found = _run(
        f"SELECT id, {_names(table.keys)}, {_names(table.values)} FROM {table.name} "
        f"JOIN unnest({_arrays(table.keys)}) AS asked({_names(table.keys)}) USING ({_names(table.keys)}) "
        f"ORDER BY {_names(table.keys)} FOR NO KEY UPDATE OF {table.name}",
        keys,
    )
    width = 1 + len(table.keys)
    return [
        (row[0], _key(table, row[1:width]), dict(zip(table.values, row[width:], strict=True)))
        for row in found
    ]


def _update(table: Table, changed: Sequence[tuple[int, Values]]) -> None:
    if not changed:
        return
    columns = {"id": "bigint", **table.values}
    settings = ", ".join(f"{name} = new.{name}" for name in table.values)
    _run(
        f"UPDATE {table.name} SET {settings} FROM unnest({_arrays(columns)}) AS new({_names(columns)}) "
        f"WHERE {table.name}.id = new.id",
        [(row_id, *values) for row_id, values in changed],
    )


def _run(statement: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Run a statement whose parameters are the columns of `rows`, and return what it gives back."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
        return list(cursor.fetchall()) if cursor.description else []


def _key(table: Table, row: Sequence[Any]) -> Key:
    """Return a key as callers write it: the driver gives bytes and UUIDs in types of its own."""
    return tuple(
        bytes(value) if kind == "bytea" else str(value) if kind == "uuid" else value
        for value, kind in zip(row, table.keys.values(), strict=True)
    )


def _names(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _arrays(columns: Mapping[str, str]) -> str:
    return ", ".join(f"%s::{kind}[]" for kind in columns.values())
