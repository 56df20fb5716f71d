"""Rows that stay although their dataset is erased: rows that must be kept refer to them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, false, literal, or_, select, true
from sqlalchemy.sql import FromClause

from consent.requests.connectors.sql.tables import Edge, Reflected, Tables
from consent.requests.types import OnErasure

_Stays = Callable[[Reflected, FromClause], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Which rows of a dataset stay, and why."""

    condition: ColumnElement[bool]
    ground: str


class Keeping:
    """What stays. Pure: it makes conditions, and asks nothing."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of(self, one: Reflected) -> Kept:
        """Return which of the dataset's rows are neither erased nor masked."""
        declared = one.declared
        if declared.hold:
            return Kept(true(), declared.hold)
        if declared.on_erasure is OnErasure.KEEP:
            return Kept(true(), declared.keep_ground)
        condition = self._stays(one, one.table)
        return Kept(condition, "; ".join(dict.fromkeys(self._grounds(one))))

    def _stays(self, one: Reflected, rows: FromClause) -> ColumnElement[bool]:
        """Return the condition that a row stays: one that must stay refers to it."""
        edges = self._tables.edges_to(one.declared.name)
        ways = [self._is_named(one, rows, edge, self._held) for edge in edges]
        if one.declared.on_erasure is OnErasure.DELETE:
            ways += [self._is_named(one, rows, edge, self._remains) for edge in edges if edge.is_enforced]
        return or_(false(), *ways)

    def _is_named(self, one: Reflected, rows: FromClause, edge: Edge, stays: _Stays) -> ColumnElement[bool]:
        child = self._tables[edge.child]
        named = child.table.alias()
        condition = stays(child, named)
        if condition.compare(false()):
            return false()
        pairs = [child.column(left, named) == one.column(right, rows) for left, right in edge.pairs]
        return exists(select(literal(1)).select_from(named).where(and_(*pairs, condition)).correlate(rows))

    def _held(self, one: Reflected, rows: FromClause) -> ColumnElement[bool]:
        if one.declared.hold:
            return true()
        edges = self._tables.edges_to(one.declared.name)
        return _any(self._is_named(one, rows, edge, self._held) for edge in edges)

    def _remains(self, one: Reflected, rows: FromClause) -> ColumnElement[bool]:
        if one.declared.hold or one.declared.on_erasure is OnErasure.KEEP:
            return true()
        if one.declared.on_erasure is OnErasure.MASK:
            return self._held(one, rows)  # `checks` sees to it that masked rows refer to nothing erased
        edges = self._tables.edges_to(one.declared.name)
        return _any(
            self._is_named(one, rows, edge, stays)
            for edge in edges
            for stays in ((self._held, self._remains) if edge.is_enforced else (self._held,))
        )

    def _grounds(self, one: Reflected) -> Iterator[str]:
        for edge in self._tables.edges_to(one.declared.name):
            child = self._tables[edge.child].declared
            if child.hold:
                yield f"rows of {child.name} refer to it: {child.hold}"
            elif child.on_erasure is OnErasure.KEEP and edge.is_enforced:
                yield f"rows of {child.name} refer to it: {child.keep_ground}"
            else:
                yield from self._grounds(self._tables[edge.child])


def _any(ways: Iterator[ColumnElement[bool]]) -> ColumnElement[bool]:
    real = [way for way in ways if not way.compare(false())]
    return or_(*real) if real else false()
