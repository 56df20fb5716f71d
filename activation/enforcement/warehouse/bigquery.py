"""BigQuery: a row-level access policy for each reader of a table, and data policies on its columns.

Written from Google's documents "Use row-level security" (subquery in FILTER USING), "Using row-level
security with other BigQuery features", "Mask column data" (data policies directly on a column) and the
reference of PredefinedExpression. Never run on BigQuery.

A data policy masks for a principal, not for a row: so each column is masked for a reader as strictly as any
rule may ask of anybody. Values cannot be set. Row-level policies add up: a principal that two of them name
reads what either allows, so keep readers apart, and grant nobody else `FILTER USING (TRUE)`. Readers need
the role "Masked Reader" on the data policies; without it BigQuery refuses the column.
"""

from collections.abc import Sequence
from functools import partial

from sqlglot import exp

from activation.enforcement.warehouse.conditions import (
    counts,
    create_mapping,
    find_fields,
    mapping,
    of,
    of_question,
    table,
)
from activation.enforcement.warehouse.mapping import COLUMNS, LOADED_AT
from activation.enforcement.warehouse.types import Column, GuardedTable, Layout, Served, Statement
from activation.obligations.plan import ObligationNotSupported
from consent.subjects.types import HASHED_KINDS

_DIALECT = "bigquery"


def generate(layout: Layout, readers: Sequence[Served]) -> list[Statement]:
    """Return the statements, in order.

    :raises ObligationNotSupported: if the policy may ask for a value to be set.
    """
    for served in readers:
        if find_fields(served.foreseen, "set"):
            raise ObligationNotSupported(
                f"reader {served.reader.role}: the policy sets a value, and BigQuery's policies cannot"
            )
    created = create_mapping(layout)
    statements = [Statement(_sql(created), (created,))]
    for guarded in layout.tables:
        statements += [_row_policy(layout, guarded, place, one) for place, one in enumerate(readers, 1)]
        for column in guarded.columns:
            statements += _mask(layout, guarded, column, readers)
    return statements


def load(layout: Layout, served: Served) -> list[Statement]:
    """Return the statements that replace a reader's part of the mapping by a Parquet export in a bucket."""
    target = _sql(table(layout.mapping))
    where = of_question(layout, served)
    removed = exp.delete(table(layout.mapping)).where(where)
    staging = _sql(table((*layout.mapping[:-1], "accordant_load")))
    names = ", ".join(_sql(_column(name)) for name in COLUMNS)
    return [
        Statement(
            f"LOAD DATA OVERWRITE {staging}"
            " FROM FILES (format = 'PARQUET', uris = ['gs://your-bucket/mapping.parquet'])"
        ),
        Statement("BEGIN TRANSACTION"),
        Statement(_sql(removed), (removed,)),
        Statement(
            f"INSERT INTO {target} ({names}, {_sql(_column(LOADED_AT))})"
            f" SELECT {names}, CURRENT_TIMESTAMP() FROM {staging} WHERE {_sql(where)}",
            (where,),
        ),
        Statement("COMMIT TRANSACTION"),
        Statement(f"DROP TABLE {staging}"),
    ]


def _row_policy(layout: Layout, guarded: GuardedTable, place: int, served: Served) -> Statement:
    keys = (
        exp.select(of("subject_key"))
        .from_(mapping(layout))
        .where(counts(layout, served, exp.CurrentTimestamp()))
    )
    body = exp.In(this=_column(guarded.key), query=exp.Subquery(this=keys))
    return Statement(
        f"CREATE OR REPLACE ROW ACCESS POLICY accordant_reader_{place} ON {_sql(table(guarded.path))}"
        f' GRANT TO ("{served.reader.role}") FILTER USING ({_sql(body)})',
        (body,),
    )


def _mask(
    layout: Layout, guarded: GuardedTable, column: Column, readers: Sequence[Served]
) -> list[Statement]:
    foreseen = frozenset(one for served in readers for one in served.foreseen)
    masking = _strictest(column, bool(column.owed(foreseen, "drop")), bool(column.owed(foreseen, "mask")))
    if not masking:
        return []
    name = f"accordant_{guarded.path[-1]}_{column.name}"
    policy = f"{layout.policies[0]}.region-{layout.region}.{name}"
    return [
        Statement(
            f"CREATE OR REPLACE DATA_POLICY `{policy}`"
            f" OPTIONS (data_policy_type = 'DATA_MASKING_POLICY', masking_expression = '{masking}')"
        ),
        Statement(
            f"ALTER TABLE {_sql(table(guarded.path))} ALTER COLUMN {_sql(_column(column.name))}"
            f" SET OPTIONS (data_policies = [\"{{'name':'{policy}'}}\"])"
        ),
    ]


def _strictest(column: Column, dropped: bool, hidden: bool) -> str:
    if dropped or (hidden and column.type):
        return "ALWAYS_NULL"
    if hidden and column.field.casefold() not in HASHED_KINDS:
        return "SHA256"
    return ""


_column = partial(exp.column, quoted=True)


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect=_DIALECT)
