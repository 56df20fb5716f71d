"""From the columns that were read, through a query and the obligations, to the columns that left."""

from collections.abc import Iterable, Sequence

from activation.enforcement.audience.types import Asked, Audience
from activation.enforcement.order import Order
from activation.enforcement.tally import Tally
from activation.obligations.plan import OutputColumn, OutputPlan
from lineage.events.naming import local_file
from lineage.events.sql.passing_on import merge, pass_on
from lineage.events.types import (
    DROPPED,
    FILTER,
    MASKED,
    PASSED,
    ColumnLineage,
    ColumnOrigin,
    ColumnRef,
    Transformation,
)

_TREATMENTS = {"mask": MASKED, "drop": DROPPED}
MOST_WAYS = 5_000
"""How many ways from columns to columns, and as many to the rows, an event tells at most of an output; of a
wider one it tells the tables alone. The graph takes twice as many of a dataset."""


def trace_output(order: Order, plan: OutputPlan, tally: Tally) -> tuple[ColumnLineage, ...]:
    """Return the origins of each output column, and of each that was left out.

    A column whose origins could not be understood is not in it: to list it without any would say that its
    values were set.
    """
    found = tuple(_trace_columns(order.audience, plan, tally))
    return found if sum(_count_ways(one.origins) for one in found) <= MOST_WAYS else ()


def trace_rows(order: Order) -> tuple[ColumnOrigin, ...]:
    """Return what decides which rows get in: who they are about, and what shaped the query's answer."""
    audience = order.audience
    named = [origins_of(audience, name) or () for name in order.naming_columns]
    deciding = [pass_on(origins, [FILTER]) for origins in named]
    shaping = audience.asked.lineage.shaped_by if audience.asked else ()
    found = merge(*deciding, shaping)
    return found if _count_ways(found) <= MOST_WAYS else merge(*deciding)[:MOST_WAYS]


def _count_ways(origins: Iterable[ColumnOrigin]) -> int:
    return sum(len(one.transformations) for one in origins)


def origins_of(audience: Audience, column: str) -> tuple[ColumnOrigin, ...] | None:
    """Return where one of the audience's columns comes from; None if that is not known."""
    asked = audience.asked
    if asked is None:
        return (ColumnOrigin(ColumnRef(local_file(audience.path), column), (PASSED,)),)
    place = _place(asked, audience.schema.names, column)
    traced = None if place is None else asked.lineage.columns[place]
    return traced.origins if traced is not None and traced.is_complete else None


def _place(asked: Asked, names: Sequence[str], column: str) -> int | None:
    return asked.places[names.index(column)] if column in names else None


def _trace_columns(audience: Audience, plan: OutputPlan, tally: Tally) -> Iterable[ColumnLineage]:
    for column in plan.columns:
        origins = () if column.source is None else origins_of(audience, column.source)
        if origins is not None:
            yield ColumnLineage(column.field.name, pass_on(origins, list(_treatments(column, tally))))
    for column in plan.left_out:
        origins = origins_of(audience, column.field.name)
        if origins is not None:
            yield ColumnLineage(column.field.name, pass_on(origins, [DROPPED]))


def _treatments(column: OutputColumn, tally: Tally) -> Iterable[Transformation]:
    """Yield what was done to the column in the allowed rows; nothing if all its values were set."""
    owed = {one: rows for one, rows in tally.obligations.items() if column.owed([one])}
    if sum(owed.values()) < tally.allowed or not tally.allowed:
        yield PASSED
    for kind in sorted({one.kind for one in owed} & set(_TREATMENTS)):
        yield _TREATMENTS[kind]
