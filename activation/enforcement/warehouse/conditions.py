"""When a row of the mapping counts, and what a column shows: sqlglot trees for every warehouse."""

from collections.abc import Iterable, Sequence

from sqlglot import exp

from activation.decisions.types import Obligation
from activation.enforcement.warehouse.mapping import QUESTION, START, column_definitions, mark
from activation.enforcement.warehouse.types import Column, Layout, Served

ALIAS = "consent"


def of(name: str, table: str = ALIAS) -> exp.Column:
    """Return a quoted column of the mapping, or of `table`."""
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True))


def text(value: str) -> exp.Literal:
    """Return a quoted text."""
    return exp.Literal.string(value)


def table(path: Sequence[str]) -> exp.Table:
    """Return a table by its quoted names."""
    names = [exp.to_identifier(name, quoted=True) for name in path]
    parts = dict(zip(("this", "db", "catalog"), reversed(names), strict=False))
    return exp.Table(**parts)


def mapping(layout: Layout) -> exp.Expr:
    """Return the mapping table under its alias."""
    return exp.alias_(table(layout.mapping), ALIAS, table=True, quoted=True)


def create_mapping(layout: Layout) -> exp.Create:
    """Return the statement that creates the mapping table, if it is not there."""
    columns = exp.Schema(this=table(layout.mapping), expressions=column_definitions())
    return exp.Create(this=columns, kind="TABLE", exists=True)


def of_question(layout: Layout, served: Served) -> exp.Condition:
    """Return the test that picks a reader's part of the mapping: what one load replaces."""
    reader = served.reader
    values = [layout.key_kind, reader.purpose, reader.destination, reader.controller]
    pairs = zip(QUESTION, values, strict=True)
    return exp.and_(*(exp.column(name, quoted=True).eq(text(value)) for name, value in pairs))


def counts(layout: Layout, served: Served, now: exp.Expr) -> exp.Condition:
    """Return the test that a mapping row must pass for a reader: anything unknown fails it.

    It is of the reader's own question, allowed, not expired, decided no longer ago than the bound and not
    in the future (a clock that runs ahead must not make it look fresh), and asks for nothing that these
    policies do not do.
    """
    reader = served.reader
    return exp.and_(
        of("key_kind").eq(text(layout.key_kind)),
        of("purpose").eq(text(reader.purpose)),
        of("destination").eq(text(reader.destination)),
        of("controller").eq(text(reader.controller)),
        of("allowed"),
        exp.LT(this=now.copy(), expression=of("valid_until")),
        exp.LTE(this=of("decided_at"), expression=now.copy()),
        exp.GT(this=of("decided_at"), expression=_earlier(now, layout.freshness_minutes)),
        is_foreseen(served.foreseen),
    )


def is_foreseen(foreseen: Iterable[Obligation]) -> exp.Condition:
    """Return the test that a row owes nothing but `foreseen`: what is left without them is the start."""
    left: exp.Expr = of("obligations")
    for written in sorted({mark(one) for one in foreseen}):
        left = exp.func("REPLACE", left, text(written), text(""))
    return exp.EQ(this=left, expression=text(START))


def owes(obligation: Obligation) -> exp.Condition:
    """Return the test that a mapping row owes one obligation."""
    found = exp.StrPosition(this=of("obligations"), substr=text(mark(obligation)))
    return exp.GT(this=found, expression=exp.Literal.number(0))


def owes_any(obligations: Iterable[Obligation]) -> exp.Condition | None:
    """Return the test that a row owes at least one of them; None if there are none."""
    tests = [owes(one) for one in obligations]
    return exp.or_(*tests) if tests else None


def find_fields(foreseen: Iterable[Obligation], kind: str) -> list[Obligation]:
    """Return the obligations of one kind, in a fixed order."""
    return sorted((one for one in foreseen if one.kind == kind), key=lambda one: (one.field, one.value))


def is_touched(column: Column, foreseen: Iterable[Obligation]) -> bool:
    """Return whether anything may be owed on the column."""
    return any(column.owed(foreseen, kind) for kind in ("set", "drop", "mask"))


def _earlier(now: exp.Expr, minutes: int) -> exp.TimestampSub:
    return exp.TimestampSub(this=now.copy(), expression=exp.Literal.number(minutes), unit=exp.var("MINUTE"))
