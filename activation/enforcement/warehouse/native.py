"""What Snowflake and Databricks share: policies on the table itself, which look the row's key up.

One policy serves every reader of a table: each branch holds for its own role or group only. Whoever is
neither sees no row, the owner of the table included.
"""

from collections.abc import Callable, Sequence

from sqlglot import exp

from activation.decisions.types import Obligation
from activation.enforcement.warehouse.conditions import counts, mapping, of, owes_any
from activation.enforcement.warehouse.masking import Hash, shown
from activation.enforcement.warehouse.types import Column, Layout, Served

Who = Callable[[Served], exp.Expr]
"""Makes the test whether the session is a reader's."""


def may_be_read(
    layout: Layout,
    readers: Sequence[Served],
    who: Who,
    key: exp.Expr,
    owing: Sequence[Obligation] = (),
) -> exp.Exists:
    """Return the test that the session's reader may see `key`, and that the row owes one of `owing`."""
    now = exp.CurrentTimestamp()
    branches = [exp.paren(exp.and_(who(one), counts(layout, one, now))) for one in readers]
    tests: list[exp.Expr] = [of("subject_key").eq(key.copy()), exp.paren(exp.or_(*branches))]
    if (owed := owes_any(owing)) is not None:
        tests.append(exp.paren(owed))
    found = exp.select(exp.Literal.number(1)).from_(mapping(layout)).where(exp.and_(*tests))
    return exp.Exists(this=found)


def mask_body(
    layout: Layout,
    readers: Sequence[Served],
    who: Who,
    column: Column,
    value: exp.Expr,
    key: exp.Expr,
    hashed: Hash,
) -> exp.Case:
    """Return what a masking policy gives: nothing at all to whoever may not see the row."""
    foreseen = frozenset(one for served in readers for one in served.foreseen)
    case = shown(
        column,
        value,
        foreseen,
        owed=lambda obligations: may_be_read(layout, readers, who, key, obligations),
        hashed=hashed if not column.type else lambda _: exp.Null(),
    )
    body = exp.Case(ifs=case.args["ifs"]) if isinstance(case, exp.Case) else exp.Case()
    return body.when(may_be_read(layout, readers, who, key), value.copy()).else_(exp.Null())
