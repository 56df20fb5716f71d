"""What a name means at one place of a statement. Where two readings are possible, it is not known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from sqlglot import exp

from lineage.events.sql.flow import Flow, unknown
from lineage.events.sql.relations import Found, Output, Relation
from lineage.events.types import TRANSFORMED, Transformation


class Clause(Enum):
    """Where a name stands."""

    SELECT = auto()
    WHERE = auto()
    JOIN = auto()
    GROUP = auto()
    HAVING = auto()
    QUALIFY = auto()
    ORDER = auto()
    ORDER_NAME = auto()
    """A name that is all that is sorted by: it means an output column before an input column."""


_LATE = {Clause.GROUP, Clause.HAVING, Clause.QUALIFY, Clause.ORDER, Clause.ORDER_NAME}
_EARLY = {Clause.SELECT, Clause.WHERE}
_SEES_OUTPUT = {
    "postgres": {Clause.GROUP, Clause.ORDER_NAME},
    "bigquery": _LATE,
    "databricks": {Clause.SELECT, *_LATE},
}
"""The clauses in which a name may mean an output column. In any other dialect: all."""

_INPUT_FIRST = {"postgres", "duckdb"}
"""Where an input column comes before an output column of its name in those clauses, too (DuckDB: tried)."""


@dataclass(slots=True, eq=False, kw_only=True)
class Scope:
    """The sources of one SELECT, and what it stands in."""

    dialect: str
    named: Mapping[str, Relation]
    """The common table expressions that can be seen."""
    outer: "Scope | None" = None
    sources: dict[str, Relation] = field(default_factory=dict)
    merged: dict[str, Flow] = field(default_factory=dict)
    """The columns that USING made one of two."""
    hidden: set[str] = field(default_factory=set)
    """Sources whose columns no name leads to: the right sides of semi-joins."""
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    output: Output = field(default_factory=Output)
    shape: Flow = field(default_factory=Flow)

    def visible(self) -> Iterable[tuple[str, Relation]]:
        """Yield the sources that names lead to."""
        return ((alias, one) for alias, one in self.sources.items() if alias not in self.hidden)

    def source(self, alias: str) -> Relation | None:
        """Return the source called `alias`, here or outside."""
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.sources:
                return None if alias in scope.hidden else scope.sources[alias]
            scope = scope.outer
        return None

    def resolve(self, column: exp.Column, clause: Clause, how: Transformation) -> Flow:
        """Return what the column means; not known, where it could mean something else.

        `how` is what will be done to it: two readings that come to the same are one.
        """
        parts = [part.name for part in column.parts]
        for place in range(len(parts) - 1, 0, -1):
            relation = self.source(parts[place - 1])
            if relation is not None and _is_qualified(relation, parts[: place - 1]):
                found = relation.find(parts[place])
                return _within(found.flow if found else unknown(), deeper=place < len(parts) - 1)
        return _within(self._unqualified(parts[0], clause, how), deeper=len(parts) > 1)

    def find_input(self, name: str) -> Found | None:
        """Return the input column of this name; None if no source has one."""
        if name in self.merged:
            return Found(self.merged[name], is_sure=True)
        found = [one.find(name) for _, one in self.visible()]
        sure = [one for one in found if one and one.is_sure]
        perhaps = [one for one in found if one and not one.is_sure]
        if len(sure) == 1:
            return sure[0]
        if sure or len(perhaps) > 1 or (perhaps and name in self.sources):
            return Found(unknown(), is_sure=bool(sure))  # a whole row is called by its table's alias, too
        return perhaps[0] if perhaps else None

    def _unqualified(self, name: str, clause: Clause, how: Transformation) -> Flow:
        given, named = self.find_input(name), self._find_output(name, clause)
        if named is not None and clause is Clause.ORDER_NAME:
            return named
        if named is not None and given is not None:
            if named.through(how).is_like(given.flow.through(how)):
                return named
            if not given.is_sure or not (clause in _EARLY or self.dialect in _INPUT_FIRST):
                return unknown()
            return given.flow
        outside = self._find_outside(name)
        if given is not None and given.is_sure:
            return given.flow
        candidates = [one for one in (given, named and Found(named, is_sure=True), outside) if one]
        return candidates[0].flow if len(candidates) == 1 else unknown()

    def _find_output(self, name: str, clause: Clause) -> Flow | None:
        clauses = _SEES_OUTPUT.get(self.dialect)
        if clause is Clause.JOIN or (clauses is not None and clause not in clauses):
            return None
        return self.output.find(name)

    def find_perhaps_output(self, name: str) -> Found | None:
        """Return that a name in a sub-query may mean what the SELECT around it gives, where that can be."""
        if Clause.SELECT not in _SEES_OUTPUT.get(self.dialect, _EARLY) or self.output.find(name) is None:
            return None
        return Found(unknown(), is_sure=False)

    def _find_outside(self, name: str) -> Found | None:
        scope = self.outer
        while scope is not None:
            if found := scope.find_input(name) or scope.find_perhaps_output(name):
                return found if found.is_sure else Found(unknown(), is_sure=False)
            scope = scope.outer
        return None


def _is_qualified(relation: Relation, before: list[str]) -> bool:
    return not before or tuple(before) == relation.qualifiers[-len(before) :]


def _within(flow: Flow, *, deeper: bool) -> Flow:
    """Return the flow of a part of a value, for `column.field`."""
    return flow.through(TRANSFORMED) if deeper else flow
