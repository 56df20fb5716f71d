"""What each kind of expression does to the columns that go into it."""

from collections.abc import Callable, Iterable, Iterator

from sqlglot import exp

from lineage.events.sql.flow import compose
from lineage.events.sql.one_way import is_one_way
from lineage.events.types import (
    AGGREGATED,
    CONDITIONAL,
    PASSED,
    SORT,
    TRANSFORMED,
    WINDOW,
    Transformation,
)

Step = tuple[exp.Expr, Transformation]
"""A part of an expression, and what is done to it."""

_HASHED = Transformation("DIRECT", "TRANSFORMATION", masking=True)
_COUNTED = Transformation("DIRECT", "AGGREGATION", masking=True)
_PICKS = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
"""sqlglot takes them for aggregates: they give one row's value."""


def list_steps(node: exp.Expr) -> Iterable[Step]:
    """Return the parts of `node`, with what it does to each."""
    for kind, steps in _STEPS:
        if isinstance(node, kind):
            return steps(node)
    if is_one_way(node):
        how = _COUNTED if isinstance(node, exp.AggFunc) else _HASHED
    elif isinstance(node, exp.AggFunc) and not isinstance(node, _PICKS):
        how = AGGREGATED
    else:
        how = TRANSFORMED
    return _all(node.iter_expressions(), how)


def _all(nodes: Iterable[exp.Expr | None], how: Transformation) -> Iterator[Step]:
    return ((node, how) for node in nodes if isinstance(node, exp.Expr))


def _arg(node: exp.Expr, name: str) -> exp.Expr | None:
    found = node.args.get(name)
    return found if isinstance(found, exp.Expr) else None


def _pass(node: exp.Expr) -> Iterator[Step]:
    return _all([_arg(node, "this")], PASSED)


def _case(node: exp.Expr) -> Iterator[Step]:
    yield from _all([_arg(node, "this")], CONDITIONAL)
    for branch in node.args.get("ifs") or ():
        yield from _if(branch)
    yield from _all([_arg(node, "default")], TRANSFORMED)


def _if(node: exp.Expr) -> Iterator[Step]:
    yield from _all([_arg(node, "this")], CONDITIONAL)
    yield from _all([_arg(node, "true"), _arg(node, "false")], TRANSFORMED)


def _coalesce(node: exp.Expr) -> Iterator[Step]:
    choices = [_arg(node, "this"), *node.expressions]
    yield from _all(choices[:-1], CONDITIONAL)
    yield from _all(choices, TRANSFORMED)


def _nullif(node: exp.Expr) -> Iterator[Step]:
    yield from _all([_arg(node, "this")], TRANSFORMED)
    yield from _all([_arg(node, "this"), _arg(node, "expression")], CONDITIONAL)


def _decode(node: exp.Expr) -> Iterator[Step]:
    """Go through DECODE(value, searched, result, …, default)."""
    value, *rest = node.expressions
    pairs = len(rest) // 2 * 2
    yield from _all([value, *rest[:pairs:2]], CONDITIONAL)
    yield from _all([*rest[1:pairs:2], *rest[pairs:]], TRANSFORMED)


def _window(node: exp.Expr) -> Iterator[Step]:
    yield from _all([_arg(node, "this")], PASSED)
    yield from _all(node.args.get("partition_by") or (), WINDOW)
    yield from _all([_arg(node, "order"), _arg(node, "spec")], WINDOW)


def _filter(node: exp.Expr) -> Iterator[Step]:
    yield from _all([_arg(node, "this")], PASSED)
    yield from _all([_arg(node, "expression")], CONDITIONAL)


def _within_group(node: exp.Expr) -> Iterator[Step]:
    """Go through what is sorted; a function that is given nothing else picks among what is sorted."""
    function, order = _arg(node, "this"), _arg(node, "expression")
    yield from _all([function], PASSED)
    if function is not None and order is not None and function.find(exp.Column) is None:
        yield from _all((one.this for one in order.expressions), AGGREGATED)
    yield from _all([order], SORT)


def _order(node: exp.Expr) -> Iterator[Step]:
    """Go through an ORDER BY in an aggregate, which sqlglot lays around what is aggregated."""
    yield from _all([_arg(node, "this")], PASSED)
    yield from _all(node.expressions, SORT)


def _count(node: exp.Expr) -> Iterator[Step]:
    """Go through what is counted; COUNT(*) looks at no column."""
    return _all(() if isinstance(node.this, exp.Star) else node.iter_expressions(), _COUNTED)


def _pick_by(node: exp.Expr) -> Iterator[Step]:
    yield from _all([_arg(node, "this")], AGGREGATED)
    yield from _all([_arg(node, "expression"), _arg(node, "count")], SORT)


_STEPS: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], Callable[[exp.Expr], Iterable[Step]]], ...]
_STEPS = (
    ((exp.Paren, exp.Alias, exp.Ordered, exp.IgnoreNulls, exp.RespectNulls, exp.Where), _pass),
    (exp.Case, _case),
    ((exp.If, exp.Nvl2), _if),
    (exp.Coalesce, _coalesce),
    (exp.Nullif, _nullif),
    (exp.DecodeCase, _decode),
    (exp.Window, _window),
    (exp.Filter, _filter),
    (exp.WithinGroup, _within_group),
    (exp.Order, _order),
    (exp.Count, _count),
    ((exp.ArgMax, exp.ArgMin), _pick_by),
)


def compose_steps(node: exp.Expr, how: Transformation) -> Iterable[Step]:
    """Return the parts of `node`, with what is done to each in the end, if `how` is done to `node`."""
    return ((part, compose(step, how)) for part, step in list_steps(node))
