"""Snowflake: a row access policy and masking policies on each table.

Written from Snowflake's documents "CREATE ROW ACCESS POLICY", "Understanding row access policies" (mapping
table in the same database), "CREATE MASKING POLICY" and "ALTER TABLE … ALTER COLUMN" (conditional columns:
USING). Never run on Snowflake.

`CURRENT_ROLE()` is the session's primary role alone: secondary roles and roles below it do not widen what
it reads. The policies' owner needs SELECT on the mapping; readers need nothing on it.

A column may stand in the signature of a row access policy or of a masking policy, not of both. So the key
serves the row access policy, which Snowflake evaluates first, and a mask looks at the role alone: it hides
as much as any rule may ask of anybody, and shows nothing to other roles.
"""

from collections.abc import Sequence
from functools import partial

from sqlglot import exp

from activation.enforcement.warehouse.conditions import (
    create_mapping,
    is_touched,
    of_question,
    table,
    text,
)
from activation.enforcement.warehouse.mapping import COLUMNS
from activation.enforcement.warehouse.masking import check_settings, check_settings_of_all, strictest
from activation.enforcement.warehouse.native import may_be_read
from activation.enforcement.warehouse.types import (
    Column,
    GuardedTable,
    Layout,
    Served,
    Statement,
    WarehouseMalformed,
)

_DIALECT = "snowflake"
_KEY, _VALUE = "ACCORDANT_KEY", "ACCORDANT_VALUE"


def generate(layout: Layout, readers: Sequence[Served]) -> list[Statement]:
    """Return the statements, in order.

    :raises ObligationNotSupported: if a value must be set that a mask cannot set rightly.
    :raises WarehouseMalformed: if the key column itself would have to be masked.
    """
    created = create_mapping(layout)
    statements = [Statement(_sql(created), (created,))]
    for guarded in layout.tables:
        _check(guarded, readers)
        statements += _row_policy(layout, guarded, readers)
        for column in guarded.columns:
            if any(is_touched(column, served.foreseen) for served in readers):
                statements += _mask(layout, guarded, column, readers)
    return statements


def _check(guarded: GuardedTable, readers: Sequence[Served]) -> None:
    for served in readers:
        check_settings(guarded, served.foreseen)
        check_settings_of_all(served)
        if any(one.name == guarded.key and is_touched(one, served.foreseen) for one in guarded.columns):
            raise WarehouseMalformed("Snowflake cannot mask the key column: give the table another one")


def load(layout: Layout, served: Served) -> list[Statement]:
    """Return the statements that replace a reader's part of the mapping by a Parquet export on a stage."""
    target = _sql(table(layout.mapping))
    where = of_question(layout, served)
    names = ", ".join(_sql(_column(name)) for name in COLUMNS)
    staged = ", ".join(
        f"$1:{name}::{exp.DataType.build(kind).sql(_DIALECT)}" for name, kind in COLUMNS.items()
    )
    removed = exp.delete(table(layout.mapping)).where(where)
    return [
        Statement("BEGIN"),
        Statement(_sql(removed), (removed,)),
        Statement(
            f'INSERT INTO {target} ({names}, "loaded_at") SELECT {staged}, CURRENT_TIMESTAMP()'
            " FROM @accordant_stage/mapping.parquet (FILE_FORMAT => 'accordant_parquet')"
        ),
        Statement("COMMIT"),
    ]


def _row_policy(layout: Layout, guarded: GuardedTable, readers: Sequence[Served]) -> list[Statement]:
    body = may_be_read(layout, readers, _is_role, _column(_KEY))
    policy = _made(layout, guarded, "rows")
    target, key = _sql(table(guarded.path)), _sql(_column(guarded.key))
    return [
        Statement(
            f'CREATE ROW ACCESS POLICY IF NOT EXISTS {policy} AS ("{_KEY}" VARCHAR)'
            f" RETURNS BOOLEAN -> {_sql(body)}",
            (body,),
        ),
        Statement(f"ALTER ROW ACCESS POLICY {policy} SET BODY -> {_sql(body)}", (body,)),
        Statement(f"ALTER TABLE {target} ADD ROW ACCESS POLICY {policy} ON ({key})"),
    ]


def _mask(
    layout: Layout, guarded: GuardedTable, column: Column, readers: Sequence[Served]
) -> list[Statement]:
    body, value = exp.Case(), _column(_VALUE)
    for served in readers:
        body = body.when(_is_role(served), strictest(column, value, served, hashed=_sha256))
    body = body.else_(exp.Null())
    policy, kind = _made(layout, guarded, f"mask_{column.name}"), column.type or "VARCHAR"
    return [
        Statement(
            f'CREATE MASKING POLICY IF NOT EXISTS {policy} AS ("{_VALUE}" {kind})'
            f" RETURNS {kind} -> {_sql(body)}",
            (body,),
        ),
        Statement(f"ALTER MASKING POLICY {policy} SET BODY -> {_sql(body)}", (body,)),
        Statement(
            f"ALTER TABLE {_sql(table(guarded.path))} MODIFY COLUMN {_sql(_column(column.name))}"
            f" SET MASKING POLICY {policy} FORCE"
        ),
    ]


def _is_role(served: Served) -> exp.Expr:
    return exp.EQ(this=exp.Anonymous(this="CURRENT_ROLE"), expression=text(served.reader.role))


def _sha256(value: exp.Expr) -> exp.Expr:
    return exp.SHA2(this=value, length=exp.Literal.number(256))


def _made(layout: Layout, guarded: GuardedTable, what: str) -> str:
    return _sql(table((*layout.policies, f"accordant_{'_'.join(guarded.path[1:])}_{what}")))


_column = partial(exp.column, quoted=True)


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect=_DIALECT)
