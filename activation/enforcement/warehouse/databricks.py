"""Databricks, Unity Catalog: a row filter and column masks on each table, as SQL functions.

Written from Databricks' documents "Manually apply row filters and column masks" (mapping tables), "ROW FILTER
clause" and "Column mask clause" (USING COLUMNS), and `is_account_group_member`. Never run on Databricks.

A reader is an account group. Who is in two readers' groups reads what either may, and every obligation of
either is honoured: keep the groups apart. A table has one row filter, which serves all readers.
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
from activation.enforcement.warehouse.mapping import COLUMNS, LOADED_AT
from activation.enforcement.warehouse.masking import check_settings
from activation.enforcement.warehouse.native import mask_body, may_be_read
from activation.enforcement.warehouse.types import Column, GuardedTable, Layout, Served, Statement

_DIALECT = "databricks"
_KEY, _VALUE = "accordant_key", "accordant_value"


def generate(layout: Layout, readers: Sequence[Served]) -> list[Statement]:
    """Return the statements, in order.

    :raises ObligationNotSupported: if a value must be set for which a table has no column.
    """
    created = create_mapping(layout)
    statements = [Statement(_sql(created), (created,))]
    for guarded in layout.tables:
        for served in readers:
            check_settings(guarded, served.foreseen)
        statements += _row_filter(layout, guarded, readers)
        for column in guarded.columns:
            if any(is_touched(column, served.foreseen) for served in readers):
                statements += _mask(layout, guarded, column, readers)
    return statements


def load(layout: Layout, served: Served) -> list[Statement]:
    """Return the statement that replaces a reader's part of the mapping by a Parquet export in a volume."""
    where = of_question(layout, served)
    names = ", ".join(_sql(_column(name)) for name in COLUMNS)
    return [
        Statement(
            f"INSERT INTO {_sql(table(layout.mapping))} REPLACE WHERE {_sql(where)}"
            f" SELECT {names}, current_timestamp() AS {_sql(_column(LOADED_AT))}"
            " FROM read_files('/Volumes/main/accordant/mapping.parquet', format => 'parquet')",
            (where,),
        )
    ]


def _row_filter(layout: Layout, guarded: GuardedTable, readers: Sequence[Served]) -> list[Statement]:
    body = may_be_read(layout, readers, _is_member, _argument(_KEY))
    made = _made(layout, guarded, "rows")
    return [
        Statement(
            f"CREATE OR REPLACE FUNCTION {made}({_KEY} STRING) RETURNS BOOLEAN RETURN {_sql(body)}", (body,)
        ),
        Statement(
            f"ALTER TABLE {_sql(table(guarded.path))} SET ROW FILTER {made} ON ({_sql(_column(guarded.key))})"
        ),
    ]


def _mask(
    layout: Layout, guarded: GuardedTable, column: Column, readers: Sequence[Served]
) -> list[Statement]:
    body = mask_body(layout, readers, _is_member, column, _argument(_VALUE), _argument(_KEY), _sha256)
    made, kind = _made(layout, guarded, f"mask_{column.name}"), column.type or "STRING"
    return [
        Statement(
            f"CREATE OR REPLACE FUNCTION {made}({_VALUE} {kind}, {_KEY} STRING) RETURNS {kind}"
            f" RETURN {_sql(body)}",
            (body,),
        ),
        Statement(
            f"ALTER TABLE {_sql(table(guarded.path))} ALTER COLUMN {_sql(_column(column.name))}"
            f" SET MASK {made} USING COLUMNS ({_sql(_column(guarded.key))})"
        ),
    ]


def _is_member(served: Served) -> exp.Expr:
    return exp.Anonymous(this="is_account_group_member", expressions=[text(served.reader.role)])


def _sha256(value: exp.Expr) -> exp.Expr:
    return exp.SHA2(this=value, length=exp.Literal.number(256))


def _argument(name: str) -> exp.Column:
    return exp.column(name)


def _made(layout: Layout, guarded: GuardedTable, what: str) -> str:
    return _sql(table((*layout.policies, f"accordant_{'_'.join(guarded.path[1:])}_{what}")))


_column = partial(exp.column, quoted=True)


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect=_DIALECT)
