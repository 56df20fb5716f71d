"""From an expression to the columns that bear on its value."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from lineage.events.sql.flow import Budget, Flow, compose
from lineage.events.sql.relations import Relation
from lineage.events.sql.scopes import Clause, Scope
from lineage.events.sql.steps import compose_steps
from lineage.events.types import PASSED, WINDOW, Transformation

_UNITS = frozenset(
    {"year", "quarter", "month", "week", "isoweek", "day", "dayofweek", "dayofyear", "hour", "minute"}
    | {"second", "millisecond", "microsecond", "nanosecond", "epoch", "decade", "century"}
)
"""Words that some functions take bare. In one that sqlglot does not know they look like columns."""
_ROWS_FROM_VALUES = (exp.Explode, exp.Unnest, exp.ExplodingGenerateSeries, exp.Inline, exp.Stack, exp.UDTF)


class AskQuery(Protocol):
    """Traces a query that stands inside of another."""

    def __call__(self, node: exp.Expr, scope: Scope) -> Relation:
        """Return its answer."""
        ...


@dataclass(slots=True, eq=False, kw_only=True)
class Reader:
    """Reads the expressions of one statement."""

    ask: AskQuery
    budget: Budget = field(default_factory=Budget)

    def read(
        self,
        nodes: Iterable[exp.Expr],
        scope: Scope,
        clause: Clause,
        how: Transformation = PASSED,
        into: Flow | None = None,
    ) -> Flow:
        """Return what bears on the values of `nodes`, each after the step `how`; or add it to `into`.

        Without recursion: a sum of ten thousand terms is as deep as it is long.
        """
        flow = Flow() if into is None else into
        waiting = [(node, how) for node in nodes]
        while waiting:
            node, how = waiting.pop()
            self.budget.spend()
            if isinstance(node, exp.Column):
                self._read_column(node, scope, clause, how, flow)
            elif isinstance(node, exp.Exists):
                self.budget.pour(flow, self.ask(node.this, scope).shape, how)
            elif isinstance(node, exp.Query):
                self._read_query(node, scope, how, flow)
            elif isinstance(node, exp.Star):
                self._read_row(scope, how, flow)
            elif isinstance(node, exp.Columns | exp.Table):
                flow.is_known = False
            else:
                self._note_rows(node, scope, clause)
                waiting += compose_steps(node, how)
                if isinstance(node, exp.Window):
                    waiting += self._named_window(node, scope, how, flow)
        return flow

    def _read_column(
        self, node: exp.Column, scope: Scope, clause: Clause, how: Transformation, flow: Flow
    ) -> None:
        if isinstance(node.this, exp.Star):
            source = scope.source(node.table)
            if source is None or not source.is_listed:
                flow.is_known = False
                return
            for _, column in source.columns:
                self.budget.pour(flow, column, how)
        elif _is_unit(node):
            flow.is_known = False
        else:
            self.budget.pour(flow, scope.resolve(node, clause, how), how)

    def _read_query(self, node: exp.Expr, scope: Scope, how: Transformation, flow: Flow) -> None:
        """Take the one column that a query in an expression gives, and what decides which rows that has."""
        relation = self.ask(node, scope)
        if not relation.is_listed:
            flow.is_known = False
        for _, column in relation.columns:
            self.budget.pour(flow, column, how)
        self.budget.pour(flow, relation.shape, how)

    def _read_row(self, scope: Scope, how: Transformation, flow: Flow) -> None:
        """Take all columns, for a function of `*`; COUNT(*) looks at none (see `steps`)."""
        for _, source in scope.visible():
            flow.is_known = flow.is_known and source.is_listed
            for _, column in source.columns:
                self.budget.pour(flow, column, how)

    def _named_window(
        self, node: exp.Expr, scope: Scope, how: Transformation, flow: Flow
    ) -> list[tuple[exp.Expr, Transformation]]:
        """Return the parts of the windows that `node` names, each of which may name another."""
        parts: list[tuple[exp.Expr, Transformation]] = []
        for _ in scope.windows:
            if not node.alias:
                return parts
            if (named := scope.windows.get(node.alias)) is None:
                break
            laid_out = (one for one in named.iter_expressions() if not isinstance(one, exp.Identifier))
            parts += [(one, compose(WINDOW, how)) for one in laid_out]
            node = named
        flow.is_known = flow.is_known and not node.alias
        return parts

    def _note_rows(self, node: exp.Expr, scope: Scope, clause: Clause) -> None:
        """Note that a function among what is selected may give several rows for one."""
        if clause is Clause.SELECT and _may_give_rows(node, scope.dialect):
            scope.shape.is_known = False


def _may_give_rows(node: exp.Expr, dialect: str) -> bool:
    if isinstance(node, _ROWS_FROM_VALUES):
        return True
    return dialect == "postgres" and isinstance(node, exp.Anonymous | exp.GenerateSeries)


def _is_unit(node: exp.Column) -> bool:
    inside_unknown = isinstance(node.parent, exp.Anonymous) and len(node.parts) == 1
    return inside_unknown and not node.this.args.get("quoted") and node.name.lower() in _UNITS
