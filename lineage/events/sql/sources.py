"""FROM and JOIN: which relations a SELECT reads, and what joining them rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from lineage.events.sql.catalog import Catalog, list_tables
from lineage.events.sql.expressions import Reader
from lineage.events.sql.flow import Flow, unknown
from lineage.events.sql.relations import Relation, opaque
from lineage.events.sql.scopes import Clause, Scope
from lineage.events.types import CONDITIONAL, FILTER, JOIN, TRANSFORMED

_PLAIN_TABLE = {"this", "db", "catalog", "alias", "sample", "only", "version", "when", "hints", "joins"}
_PLAIN_JOIN = {"this", "on", "using", "side", "kind", "method", "match_condition", "hint", "directed"}
_JOIN_KINDS = {"", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"}
_JOIN_METHODS = {"", "ASOF", "NATURAL"}
_SEMI = {"SEMI", "ANTI"}
_LATERAL_IS_SAID = {"postgres", "snowflake", "bigquery", "databricks"}
"""Where a query in FROM cannot see what stands before it, unless it says LATERAL. DuckDB's can."""


class TraceQuery(Protocol):
    """Traces a query."""

    def __call__(self, node: exp.Expr, named: Mapping[str, Relation], outer: Scope | None) -> Relation:
        """Return its answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Lays out what stands in a FROM clause."""

    catalog: Catalog
    reader: Reader
    trace: TraceQuery

    def add(self, node: exp.Expr, scope: Scope) -> list[str]:
        """Add what `node` names to the scope, and return the aliases that were added."""
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.alias:
            return self.add(node.this, scope)  # parentheses around joins
        aliases = [self._add_one(node, scope)]
        for join in node.args.get("joins") or ():
            aliases += self.join(join, scope)
        return aliases

    def join(self, join: exp.Expr, scope: Scope) -> list[str]:
        """Join one more relation, and return the aliases that were added."""
        method, kind = join.args.get("method") or "", join.args.get("kind") or ""
        before = [*scope.sources]
        aliases = self.add(join.this, scope)
        if method not in _JOIN_METHODS or kind not in _JOIN_KINDS or has_more(join, _PLAIN_JOIN):
            scope.shape.is_known = False
        step = FILTER if kind in _SEMI else JOIN
        conditions = [one for one in (join.args.get("on"), join.args.get("match_condition")) if one]
        self.reader.read(conditions, scope, Clause.JOIN, step, scope.shape)
        names = self._merged_names(join, scope, before, aliases)
        if kind in _SEMI:
            self._match(names, scope, before, aliases)
            scope.hidden.update(aliases)
        else:
            side = join.args.get("side") or ""
            for name, (left, right) in self._match(names, scope, before, aliases).items():
                scope.merged[name] = self._merge(left, right, side)
        return aliases

    def _add_one(self, node: exp.Expr, scope: Scope) -> str:
        relation, alias = self._open(node, scope), node.alias_or_name or f"?{len(scope.sources)}"
        columns = node.args["alias"].columns if isinstance(node.args.get("alias"), exp.TableAlias) else ()
        relation = relation.renamed([column.name for column in columns])
        if alias in scope.sources:
            relation = opaque()
        scope.sources[alias] = relation
        self.reader.budget.pour(scope.shape, relation.shape)
        return alias

    def _open(self, node: exp.Expr, scope: Scope) -> Relation:
        if isinstance(node, exp.Table):
            return self._open_table(node, scope)
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            return self.trace(node.this, scope.named, scope)
        if isinstance(node, exp.Subquery) and not node.args.get("pivots"):
            reaches_siblings = scope.dialect not in _LATERAL_IS_SAID
            return self.trace(node, scope.named, scope if reaches_siblings else scope.outer)
        if isinstance(node, exp.Values) and node.find(exp.Column, exp.Query) is None:
            return _list_values(node)
        for table in list_tables(node, scope.named):
            self.catalog.open(table)
        return opaque()

    def _open_table(self, table: exp.Table, scope: Scope) -> Relation:
        if not isinstance(table.this, exp.Identifier):
            return opaque()  # a function
        if not table.db and table.name in scope.named:
            found = scope.named[table.name]
            relation = Relation(
                columns=found.columns,
                shape=found.shape,
                is_partial=found.is_partial,
                is_ordered=found.is_ordered,
            )
        else:
            relation = self.catalog.open(table)
            qualifiers = () if table.alias else tuple(part.name for part in table.parts[:-1])
            relation.qualifiers = qualifiers
        return opaque() if has_more(table, _PLAIN_TABLE) else relation

    def _merged_names(self, join: exp.Expr, scope: Scope, before: list[str], aliases: list[str]) -> list[str]:
        if (join.args.get("method") or "") != "NATURAL":
            return [name.name for name in join.args.get("using") or ()]
        sides = [scope.sources[alias] for alias in (*before, *aliases)]
        if not all(one.is_listed and all(name for name, _ in one.columns) for one in sides):
            scope.shape.is_known = False
            for alias in (*before, *aliases):
                scope.sources[alias] = opaque()
            return []
        left = {name for alias in before for name, _ in scope.sources[alias].columns}
        return [name for alias in aliases for name, _ in scope.sources[alias].columns if name in left]

    def _match(
        self, names: Iterable[str], scope: Scope, before: list[str], aliases: list[str]
    ) -> dict[str, tuple[Flow, Flow]]:
        """Return both sides of each column that is joined by name; the rows rest on them."""
        found = {}
        for name in names:
            left = scope.merged.get(name) or _find_in(before, name, scope)
            right = _find_in(aliases, name, scope)
            step = FILTER if scope.hidden.issuperset(aliases) and aliases else JOIN
            for flow in (left, right):
                self.reader.budget.pour(scope.shape, flow, step)
            found[name] = left, right
        return found

    def _merge(self, left: Flow, right: Flow, side: str) -> Flow:
        if side == "RIGHT":
            return right
        if side != "FULL":
            return left
        merged = left.through(TRANSFORMED)
        self.reader.budget.pour(merged, left, CONDITIONAL)
        self.reader.budget.pour(merged, right, TRANSFORMED)
        return merged


def _list_values(node: exp.Values) -> Relation:
    """Return the columns of VALUES, which come from nowhere."""
    widths = {len(row.expressions) if isinstance(row, exp.Tuple) else 1 for row in node.expressions}
    if len(widths) != 1:
        return opaque()
    return Relation(columns=[("", Flow()) for _ in range(*widths)], shape=Flow())


def _find_in(aliases: Iterable[str], name: str, scope: Scope) -> Flow:
    """Return the only column of this name that the sources may mean."""
    found = [
        one for alias in aliases if (one := scope.sources[alias].find(name)) and alias not in scope.hidden
    ]
    sure = [one for one in found if one.is_sure]
    candidates = sure or found
    return candidates[0].flow if len(candidates) == 1 else unknown()


def has_more(node: exp.Expr, handled: set[str]) -> bool:
    """Return whether `node` has parts that are not `handled`."""
    return any(value for name, value in node.args.items() if name not in handled)
