"""The declared tables, as the database describes them. Nothing else of the database is read."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, FromClause, MetaData, Table, inspect
from sqlalchemy.exc import SAWarning
from sqlalchemy.sql.elements import KeyedColumnElement

from consent.requests.connectors.interface import (
    DeclaredDataset,
    DeclaredReference,
    DeclaredSystem,
    SystemRefused,
)
from consent.requests.connectors.sql.order import order_children_first

Pairs = tuple[tuple[str, str], ...]
"""Columns of a row, each with the column of the row that it refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Rows of `child` name rows of another dataset by `pairs`."""

    child: str
    pairs: Pairs
    is_enforced: bool
    """The database holds it: a foreign key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflected:
    """One declared dataset, and its table."""

    declared: DeclaredDataset
    table: Table
    key: tuple[str, ...]
    """What tells its rows apart: declared, else the primary key."""
    uniques: frozenset[frozenset[str]]
    foreign_keys: tuple[tuple[tuple[str, str], Pairs], ...]
    """Schema and table that it refers to, and by what."""
    place: tuple[str, str]

    def column(self, name: str, of: FromClause | None = None) -> KeyedColumnElement[Any]:
        """Return a column of the table, or of an alias of it.

        :raises SystemRefused: if there is none of that name.
        """
        columns = (self.table if of is None else of).c
        if name not in columns:
            raise SystemRefused(f"{self.declared.name} has no column {name}")
        return columns[name]


class Tables:
    """All declared tables, and how their rows hang together."""

    def __init__(self, reflected: Sequence[Reflected]) -> None:
        self._by_name = {one.declared.name: one for one in reflected}
        self._edges = {one.declared.name: tuple(self._edges_to(one)) for one in reflected}

    def __getitem__(self, name: str) -> Reflected:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Reflected]:
        """Yield each dataset before all that its rows refer to."""
        declared = [one.declared for one in self._by_name.values()]
        try:
            ordered = order_children_first([replace(one, references=self._all(one)) for one in declared])
        except SystemRefused:  # foreign keys may run in a circle; declared references may not
            ordered = order_children_first(declared)
        yield from (self._by_name[one.name] for one in ordered)

    def edges_to(self, name: str) -> tuple[Edge, ...]:
        """Return how other datasets' rows name rows of this one, by declaration or by foreign key."""
        return self._edges[name]

    def _edges_to(self, parent: Reflected) -> Iterator[Edge]:
        for child in self._by_name.values():
            if child is parent:
                continue
            enforced = {pairs for place, pairs in child.foreign_keys if place == parent.place}
            declared = {
                ((one.field, one.to_field),)
                for one in child.declared.references
                if one.to_dataset == parent.declared.name
            }
            for pairs in sorted(enforced | declared):
                yield Edge(child=child.declared.name, pairs=pairs, is_enforced=pairs in enforced)

    def _all(self, one: DeclaredDataset) -> tuple[DeclaredReference, ...]:
        """Return the references of a dataset, foreign keys among the declared tables included."""
        return tuple(
            DeclaredReference(field=edge.pairs[0][0], to_dataset=name, to_field=edge.pairs[0][1])
            for name, edges in self._edges.items()
            for edge in edges
            if edge.child == one.name
        )


def read_tables(connection: Connection, system: DeclaredSystem) -> Tables:
    """Return the declared tables.

    :raises SystemRefused: if a table or a column is not there, or references run in a circle.
    """
    order_children_first(system.datasets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of types that it does not know
        reflected = [_read(connection, one) for one in system.datasets]
    for one in reflected:
        _check_columns(one, {other.declared.name: other for other in reflected})
    return Tables(reflected)


def _read(connection: Connection, declared: DeclaredDataset) -> Reflected:
    inspector = inspect(connection)
    schema, name = _locate(inspector, declared.name)
    table = Table(name, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)
    default = inspector.default_schema_name or ""
    primary = tuple(column.name for column in table.primary_key.columns)
    return Reflected(
        declared=declared,
        table=table,
        key=declared.key_fields or primary,
        uniques=_uniques(inspector, name, schema, primary),
        foreign_keys=tuple(
            (
                (one["referred_schema"] or schema or default, one["referred_table"]),
                tuple(zip(one["constrained_columns"], one["referred_columns"], strict=True)),
            )
            for one in inspector.get_foreign_keys(name, schema=schema)
            if len(one["constrained_columns"]) == len(one["referred_columns"])
        ),
        place=(schema or default, name),
    )


def _uniques(
    inspector: Any, name: str, schema: str | None, primary: tuple[str, ...]
) -> frozenset[frozenset[str]]:
    """Return the sets of columns that are unique; those of expressions are the database's own to refuse."""
    options = {"include_auto_indexes": True} if inspector.dialect.name == "sqlite" else {}
    constraints = inspector.get_unique_constraints(name, schema=schema)
    indexes = [one for one in inspector.get_indexes(name, schema=schema, **options) if one["unique"]]
    named = [one["column_names"] for one in (*constraints, *indexes)]
    return frozenset(frozenset(columns) for columns in [*named, primary] if columns and None not in columns)


def _locate(inspector: Any, name: str) -> tuple[str | None, str]:
    if inspector.has_table(name):
        return None, name
    schema, dot, table = name.partition(".")
    if dot and inspector.has_table(table, schema=schema):
        return schema, table
    raise SystemRefused(f"the table {name} is not there")


def _check_columns(one: Reflected, named: Mapping[str, Reflected]) -> None:
    for field in one.declared.fields:
        one.column(field.name)
    for name in one.declared.key_fields:
        one.column(name)
    for reference in one.declared.references:
        one.column(reference.field)
        named[reference.to_dataset].column(reference.to_field)
