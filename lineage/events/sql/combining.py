"""UNION, INTERSECT and EXCEPT, and answers that are sorted or cut as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from lineage.events.sql.flow import Flow, unknown
from lineage.events.sql.relations import Output, Relation
from lineage.events.sql.scopes import Scope
from lineage.events.sql.selects import Selects
from lineage.events.sql.sources import TraceQuery, has_more
from lineage.events.types import FILTER, GROUP_BY, Transformation

_PLAIN = {"with_", "this", "expression", "distinct", "by_name", "order", "limit", "offset", "alias", "sample"}
_ORDER = {"order", "limit", "offset"}
_Columns = list[tuple[str, Flow]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combining:
    """Traces what is made of the answers of several queries."""

    selects: Selects
    trace_query: TraceQuery

    def trace(self, node: exp.Expr, scope: Scope) -> Relation:
        """Return the answer of a set operation. A chain of them leans to the left: it is gone along there."""
        chain = [node]
        while isinstance(left := chain[-1].this, exp.SetOperation) and not left.args.get("with_"):
            chain.append(left)
        relation = self.trace_query(chain[-1].this, scope.named, scope.outer)
        for one in reversed(chain):
            other = self.trace_query(one.expression, scope.named, scope.outer)
            relation = self.sorted_by(one, self._combine(one, relation, other), scope)
        return relation

    def sorted_by(self, node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
        """Return the answer after the ORDER BY and the LIMIT of `node`, which see its columns alone."""
        if has_more(node, _PLAIN):
            return Relation(columns=relation.columns, shape=unknown(), is_partial=relation.is_partial)
        if not any(node.args.get(name) for name in _ORDER):
            return relation
        output = Output(
            columns=relation.columns,
            is_partial=not relation.is_listed,
            is_ordered=relation.is_ordered,
            is_unclear=not relation.is_listed,
        )
        shape = Flow()
        self._pour(shape, relation.shape)
        inner = Scope(dialect=scope.dialect, named=scope.named, outer=scope.outer, output=output, shape=shape)
        self.selects.read_order(node, inner)
        relation.shape = shape
        return relation

    def _combine(self, node: exp.Expr, left: Relation, right: Relation) -> Relation:
        shape = Flow()
        for relation in (left, right):
            self._pour(shape, relation.shape)
        columns, is_sure = self._match(node, left, right)
        keeps_all = isinstance(node, exp.Union)
        if not keeps_all:
            self._shape_by([*left.columns, *right.columns], shape, FILTER)
        if node.args.get("distinct") is not False:
            self._shape_by(columns, shape, GROUP_BY)
        shape.is_known = shape.is_known and is_sure
        return Relation(
            columns=columns,
            shape=shape,
            is_partial=not left.is_listed or (bool(node.args.get("by_name")) and not right.is_listed),
            is_ordered=left.is_ordered,
        )

    def _match(self, node: exp.Expr, left: Relation, right: Relation) -> tuple[_Columns, bool]:
        """Return the columns of both, and whether it is known which go together."""
        if any(node.args.get(name) for name in ("side", "kind", "on")):
            return [(name, unknown()) for name, _ in left.columns], False
        both = left.is_listed and right.is_listed
        if node.args.get("by_name"):
            names = [name for name, _ in (*left.columns, *right.columns)]
            if both and all(names):
                return list(self._by_name(node, left, right)), True
        elif both and left.is_ordered and right.is_ordered and len(left.columns) == len(right.columns):
            pairs = zip(left.columns, right.columns, strict=True)
            return [(name, self._join(node, one, other)) for (name, one), (_, other) in pairs], True
        return [(name, unknown()) for name, _ in left.columns], False

    def _by_name(self, node: exp.Expr, left: Relation, right: Relation) -> Iterator[tuple[str, Flow]]:
        others = dict(right.columns)
        for name, flow in left.columns:
            other = others.pop(name, None)
            yield name, flow if other is None else self._join(node, flow, other)
        yield from others.items()

    def _join(self, node: exp.Expr, one: Flow, other: Flow) -> Flow:
        if not isinstance(node, exp.Union):
            return one
        flow = Flow()
        for part in (one, other):
            self._pour(flow, part)
        return flow

    def _shape_by(self, columns: _Columns, shape: Flow, how: Transformation) -> None:
        for _, flow in columns:
            self.selects.reader.budget.pour(shape, flow, how)

    def _pour(self, into: Flow, flow: Flow) -> None:
        self.selects.reader.budget.pour(into, flow)
