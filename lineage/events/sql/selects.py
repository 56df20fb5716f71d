"""One SELECT: its columns, and what shapes its rows."""

from dataclasses import dataclass

from sqlglot import exp

from lineage.events.sql.expressions import Reader
from lineage.events.sql.relations import Relation, opaque
from lineage.events.sql.scopes import Clause, Scope
from lineage.events.sql.sources import Sources, has_more
from lineage.events.sql.stars import expand_star, is_star
from lineage.events.types import FILTER, GROUP_BY, SORT

_PLAIN = {
    "with_",
    "expressions",
    "hint",
    "distinct",
    "from_",
    "joins",
    "laterals",
    "where",
    "group",
    "having",
    "qualify",
    "windows",
    "order",
    "limit",
    "offset",
    "locks",
    "sample",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selects:
    """Traces a SELECT whose scope knows the common table expressions and what it stands in."""

    sources: Sources
    reader: Reader

    def trace(self, node: exp.Expr, scope: Scope) -> Relation:
        """Return the answer of `node`."""
        self._read_sources(node, scope)
        for one in node.args.get("windows") or ():
            scope.windows[one.name] = one
        for one in node.expressions:
            self._select(one, scope)
        self._read_filters(node, scope)
        self._read_group(node, scope)
        self._read_distinct(node, scope)
        self.read_order(node, scope)
        output = scope.output
        if has_more(node, _PLAIN):
            return opaque()
        return Relation(
            columns=output.columns,
            shape=scope.shape,
            is_partial=output.is_partial,
            is_ordered=output.is_ordered,
        )

    def _read_sources(self, node: exp.Expr, scope: Scope) -> None:
        if start := node.args.get("from_"):
            self.sources.add(start.this, scope)
        for join in node.args.get("joins") or ():
            self.sources.join(join, scope)
        for lateral in node.args.get("laterals") or ():
            self.sources.add(lateral, scope)

    def _select(self, node: exp.Expr, scope: Scope) -> None:
        if is_star(node):
            expand_star(node, scope, self.reader, scope.output)
            return
        flow = self.reader.read([node], scope, Clause.SELECT)
        scope.output.columns.append((name_of(node, scope.dialect), flow))

    def _read_filters(self, node: exp.Expr, scope: Scope) -> None:
        for name, clause in (
            ("where", Clause.WHERE),
            ("having", Clause.HAVING),
            ("qualify", Clause.QUALIFY),
        ):
            if part := node.args.get(name):
                self.reader.read([part.this], scope, clause, FILTER, scope.shape)

    def _read_group(self, node: exp.Expr, scope: Scope) -> None:
        group = node.args.get("group")
        if group is None:
            return
        for key in _list_keys(group):
            if place := _place(key):
                self.reader.budget.pour(scope.shape, scope.output.at(place), GROUP_BY)
            else:
                self.reader.read([key], scope, Clause.GROUP, GROUP_BY, scope.shape)
        if group.args.get("all"):
            self._group_by_all(node, scope)

    def _group_by_all(self, node: exp.Expr, scope: Scope) -> None:
        """Group by all that is selected and no aggregate; a function that is not known may be one."""
        scope.shape.is_known = scope.shape.is_known and not scope.output.is_partial
        for one in node.expressions:
            if one.find(exp.Anonymous, exp.Columns) is not None:
                scope.shape.is_known = False
            elif one.find(exp.AggFunc) is None and not is_star(one):
                self.reader.read([one], scope, Clause.SELECT, GROUP_BY, scope.shape)
            elif is_star(one):
                self._pour_all(scope)

    def _read_distinct(self, node: exp.Expr, scope: Scope) -> None:
        distinct = node.args.get("distinct")
        if distinct is None:
            return
        if on := distinct.args.get("on"):
            keys = on.expressions if isinstance(on, exp.Tuple) else [on]
            for key in keys:
                if place := _place(key):
                    self.reader.budget.pour(scope.shape, scope.output.at(place), GROUP_BY)
                else:
                    self.reader.read([key], scope, _order_clause(key), GROUP_BY, scope.shape)
        else:
            self._pour_all(scope)

    def _pour_all(self, scope: Scope) -> None:
        scope.shape.is_known = scope.shape.is_known and not scope.output.is_partial
        for _, flow in scope.output.columns:
            self.reader.budget.pour(scope.shape, flow, GROUP_BY)

    def read_order(self, node: exp.Expr, scope: Scope) -> None:
        """Take in what the rows are sorted and cut by; for the answer of a set operation, too."""
        order = node.args.get("order")
        for one in order.expressions if order else ():
            key = one.this
            if place := _place(key):
                self.reader.budget.pour(scope.shape, scope.output.at(place), SORT)
            elif isinstance(key, exp.Var) and key.name.upper() == "ALL":
                scope.shape.is_known = scope.shape.is_known and not scope.output.is_partial
                for _, flow in scope.output.columns:
                    self.reader.budget.pour(scope.shape, flow, SORT)
            else:
                self.reader.read([key], scope, _order_clause(key), SORT, scope.shape)
        cuts = [one for one in (node.args.get("limit"), node.args.get("offset")) if one]
        self.reader.read(cuts, scope, Clause.ORDER, FILTER, scope.shape)


def name_of(node: exp.Expr, dialect: str) -> str:
    """Return what a column of the answer is called; empty where the database makes a name up."""
    if isinstance(node, exp.Alias | exp.Column):
        return node.alias_or_name
    if isinstance(node, exp.Cast) and dialect == "postgres":
        return name_of(node.this, dialect)
    return ""


def _list_keys(group: exp.Expr) -> list[exp.Expr]:
    sets = ("grouping_sets", "cube", "rollup")
    return [*group.expressions, *(one for name in sets for one in group.args.get(name) or ())]


def _place(key: exp.Expr) -> int:
    """Return which output column a number in GROUP BY or ORDER BY means; 0 if it is none."""
    return int(key.name) if isinstance(key, exp.Literal) and key.is_int else 0


def _order_clause(key: exp.Expr) -> Clause:
    is_name = isinstance(key, exp.Column) and len(key.parts) == 1
    return Clause.ORDER_NAME if is_name else Clause.ORDER
