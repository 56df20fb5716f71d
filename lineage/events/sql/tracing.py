"""Traces the columns of one SELECT through everything that it is made of."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from lineage.events.sql.catalog import Catalog, list_tables
from lineage.events.sql.combining import Combining
from lineage.events.sql.expressions import Reader
from lineage.events.sql.flow import Flow, TooMuch
from lineage.events.sql.relations import Relation, opaque
from lineage.events.sql.scopes import Scope
from lineage.events.sql.selects import Selects
from lineage.events.sql.sources import Sources
from lineage.events.sql.types import NOTHING_KNOWN, NameTable, QueryLineage, Schema, TracedColumn

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings quote the statement, and so whom it names
LONGEST_STATEMENT = 200_000
MOST_TOKENS = 40_000
_RECURSIVE_UNSAID = {"postgres", "duckdb", "bigquery", "databricks"}
"""Where a common table expression that reads its own name, without RECURSIVE, reads a table of that name."""


def trace_query(sql: str, dialect: str, *, schema: Schema | None, name_table: NameTable) -> QueryLineage:
    """Return which columns each column of the answer, and its rows, rest on.

    Nothing is claimed that does not follow: a column that could come from two tables, what a table function
    gives, what a recursive query gives, are left out, and the answer says so. A statement that is no query,
    cannot be read, or is too long or too deep, has no columns, and no tables if it could not be read at all.
    Never raises for what stands in `sql`.
    """
    statement = _parse(sql, dialect)
    if statement is None:
        return NOTHING_KNOWN
    catalog = Catalog(schema, name_table, dialect)
    try:
        relation = _Tracer(catalog, dialect).trace(statement, {}, None)
    except (RecursionError, TooMuch, SqlglotError):
        return QueryLineage(tables=tuple(catalog.tables), is_shape_complete=False, has_all_columns=False)
    return QueryLineage(
        tables=tuple(catalog.tables),
        columns=tuple(_tell(name, flow) for name, flow in relation.columns),
        shaped_by=relation.shape.origins(),
        is_shape_complete=relation.shape.is_known,
        has_all_columns=relation.is_listed and relation.is_ordered,
    )


def _parse(sql: str, dialect: str) -> exp.Expr | None:
    """Return the one query that `sql` is, names folded as the dialect does; None if it is none."""
    if len(sql) > LONGEST_STATEMENT:
        return None
    try:
        if len(Dialect.get_or_raise(dialect).tokenize(sql)) > MOST_TOKENS:
            return None
        statements = [one for one in sqlglot.parse(sql, dialect=dialect) if one is not None]
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            return None
        return normalize_identifiers(statements[0], dialect=dialect)
    except (SqlglotError, RecursionError, ValueError):
        return None


def _tell(name: str, flow: Flow) -> TracedColumn:
    return TracedColumn(name=name, origins=flow.origins() if flow.is_known else (), is_complete=flow.is_known)


@dataclass(slots=True, eq=False)
class _Tracer:
    """Walks down one statement."""

    catalog: Catalog
    dialect: str
    reader: Reader = field(init=False)
    selects: Selects = field(init=False)
    combining: Combining = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(ask=lambda node, scope: self.trace(node, scope.named, scope))
        sources = Sources(catalog=self.catalog, reader=self.reader, trace=self.trace)
        self.selects = Selects(sources=sources, reader=self.reader)
        self.combining = Combining(selects=self.selects, trace_query=self.trace)

    def trace(self, node: exp.Expr, named: Mapping[str, Relation], outer: Scope | None) -> Relation:
        """Return the answer of a query that sees `named`, and the columns of `outer`."""
        self.reader.budget.spend()
        if with_ := node.args.get("with_"):
            named = self._read_with(with_, named, outer)
        scope = Scope(dialect=self.dialect, named=named, outer=outer)
        if isinstance(node, exp.Subquery):
            return self._trace_wrapped(node, scope)
        if isinstance(node, exp.SetOperation):
            return self.combining.trace(node, scope)
        if isinstance(node, exp.Select):
            return self.selects.trace(node, scope)
        return self._give_up(node, named)

    def _trace_wrapped(self, node: exp.Subquery, scope: Scope) -> Relation:
        """Go into parentheses, which may sort and cut what stands in them."""
        relation = self.trace(node.this, scope.named, scope.outer)
        return self.combining.sorted_by(node, relation, scope)

    def _read_with(
        self, with_: exp.Expr, named: Mapping[str, Relation], outer: Scope | None
    ) -> Mapping[str, Relation]:
        seen = dict(named)
        waiting = [cte.alias for cte in with_.expressions]
        says_recursive = with_.args.get("recursive") or self.dialect not in _RECURSIVE_UNSAID
        for cte in with_.expressions:
            read = {table.name for table in cte.this.find_all(exp.Table) if not table.db}
            if (says_recursive and read.intersection(waiting)) or with_.args.get("udfs"):
                relation = self._give_up(cte.this, {**seen, **dict.fromkeys(waiting, opaque())})
            else:
                relation = self.trace(cte.this, seen, outer)
            columns = [column.name for column in cte.args["alias"].columns]
            seen[cte.alias] = relation.renamed(columns)
            waiting.remove(cte.alias)
        return seen

    def _give_up(self, node: exp.Expr, named: Mapping[str, Relation]) -> Relation:
        for table in list_tables(node, named):
            self.catalog.open(table)
        return opaque()
