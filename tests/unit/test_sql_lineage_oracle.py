"""Lineage held against DuckDB: what lineage does not name must not matter, on random queries.

The mutants below are lineage that forgets something; the same random queries must find each of them out.
"""

# ruff: noqa: S311 - the queries are random, and no secret

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest
from sqlglot import exp

from lineage.events.sql import steps
from lineage.events.sql.combining import Combining
from lineage.events.sql.expressions import Reader
from lineage.events.sql.flow import Flow
from lineage.events.sql.relations import Relation
from lineage.events.sql.selects import Selects
from lineage.events.sql.sources import Sources
from tests.sql_lineage_oracle import Oracle, look_for_violations

QUERIES = 40
Mutate = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize("seed", range(4))
def test_no_column_matters_that_lineage_does_not_name(seed: int) -> None:
    oracle = Oracle(Random(seed))

    assert list(look_for_violations(oracle, seed=seed, queries=QUERIES)) == []
    assert oracle.compared > QUERIES * 0.9
    assert oracle.complete > oracle.compared * 0.85


def forget_steps(kind: type[exp.Expr], kept: Callable[[exp.Expr], Iterable[exp.Expr | None]]) -> Mutate:
    """Return the mutant that goes only through the parts `kept` of one kind of expression."""
    real = steps.list_steps

    def list_steps(node: exp.Expr) -> Iterable[steps.Step]:
        found = real(node)
        if not isinstance(node, kind):
            return found
        parts = [id(one) for one in kept(node)]
        return [(part, how) for part, how in found if id(part) in parts]

    return lambda patch: patch.setattr(steps, "list_steps", list_steps)


def without_part(method: str, part: str) -> Mutate:
    """Return the mutant of a SELECT that does not look at one of its parts."""
    real: Any = getattr(Selects, method)

    def mutated(self: Selects, node: exp.Expr, *rest: Any) -> Any:
        kept = node.copy()
        kept.set(part, None)
        return real(self, kept, *rest)

    return lambda patch: patch.setattr(Selects, method, mutated)


def forget_join(patch: pytest.MonkeyPatch) -> None:
    """Take a join's condition for nothing."""
    real = Sources.join

    def join(self: Sources, node: exp.Expr, scope: Any) -> list[str]:
        plain = node.copy()
        plain.set("on", None)
        return real(self, plain, scope)

    patch.setattr(Sources, "join", join)


def forget_using(patch: pytest.MonkeyPatch) -> None:
    """Let columns joined by name decide nothing."""
    real = Sources._match

    def match(self: Sources, names: Any, scope: Any, before: Any, aliases: Any) -> Any:
        kept = scope.shape
        scope.shape = Flow()
        try:
            return real(self, names, scope, before, aliases)
        finally:
            scope.shape = kept

    patch.setattr(Sources, "_match", match)


def forget_shape_of_sources(patch: pytest.MonkeyPatch) -> None:
    """Let what shaped a sub-query not shape what rests on it."""
    real = Sources._open

    def open_one(self: Sources, node: exp.Expr, scope: Any) -> Relation:
        relation = real(self, node, scope)
        relation.shape = Flow()
        return relation

    patch.setattr(Sources, "_open", open_one)


def forget_shape_of_subqueries(patch: pytest.MonkeyPatch) -> None:
    """Let an expression rest on what a query in it gives, and not on its filters."""
    real = Reader._read_query

    def read(self: Reader, node: exp.Expr, scope: Any, how: Any, flow: Flow) -> None:
        asked = self.ask
        self.ask = lambda node, scope: _unshaped(asked(node, scope))
        real(self, node, scope, how, flow)
        self.ask = asked

    patch.setattr(Reader, "_read_query", read)


def _unshaped(relation: Relation) -> Relation:
    relation.shape = Flow()
    return relation


def forget_right_of_except(patch: pytest.MonkeyPatch) -> None:
    """Let set operations filter nothing."""
    patch.setattr(Combining, "_shape_by", lambda *_: None)


def forget_exists(patch: pytest.MonkeyPatch) -> None:
    """Take EXISTS for a constant."""
    real = Reader.read

    def read(self: Reader, nodes: Iterable[exp.Expr], *rest: Any, **named: Any) -> Flow:
        return real(self, [_without_exists(node) for node in nodes], *rest, **named)

    patch.setattr(Reader, "read", read)


def _without_exists(node: exp.Expr) -> exp.Expr:
    return node.transform(lambda one: exp.true() if isinstance(one, exp.Exists) else one)


MUTANTS: dict[str, Mutate] = {
    "conditions of CASE": forget_steps(
        exp.Case, lambda node: [*(one.args.get("true") for one in node.args["ifs"]), node.args.get("default")]
    ),
    "the condition of IF": forget_steps(exp.If, lambda node: [node.args.get("true"), node.args.get("false")]),
    "later choices of COALESCE": forget_steps(exp.Coalesce, lambda node: [node.this]),
    "FILTER of aggregates": forget_steps(exp.Filter, lambda node: [node.this]),
    "ORDER BY of windows": forget_steps(
        exp.Window, lambda node: [node.this, *(node.args.get("partition_by") or ())]
    ),
    "PARTITION BY of windows": forget_steps(exp.Window, lambda node: [node.this, node.args.get("order")]),
    "ORDER BY in aggregates": forget_steps(exp.Order, lambda node: [node.args.get("this")]),
    "WHERE": without_part("_read_filters", "where"),
    "HAVING": without_part("_read_filters", "having"),
    "QUALIFY": without_part("_read_filters", "qualify"),
    "GROUP BY": without_part("_read_group", "group"),
    "DISTINCT": without_part("_read_distinct", "distinct"),
    "ORDER BY before LIMIT": without_part("read_order", "order"),
    "ON": forget_join,
    "USING": forget_using,
    "what shaped a source": forget_shape_of_sources,
    "filters of sub-queries": forget_shape_of_subqueries,
    "the right side of EXCEPT": forget_right_of_except,
    "EXISTS": forget_exists,
}


@pytest.mark.parametrize("mutate", MUTANTS.values(), ids=MUTANTS.keys())
def test_lineage_that_forgets_is_found_out(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch)

    found = (look_for_violations(Oracle(Random(seed)), seed=seed, queries=QUERIES) for seed in range(8))
    assert any(next(violations, None) is not None for violations in found)
