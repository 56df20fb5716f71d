"""What a run does to rows: it refuses what is not a decision for now, and applies obligations.

Where several obligations are owed on one column, a set value replaces, else a drop empties, else a mask
hides.
"""

import hashlib
from collections.abc import Sequence

import pyarrow as pa

from activation.decisions.types import Decision, Obligation
from activation.enforcement.output_plan import (
    ObligationNotSupported,
    Obligations,
    OutputColumn,
    OutputPlan,
    check_supported,
)
from consent.kernel.errors import AccordantError
from consent.subjects.rules import MalformedIdentifier, digest_of, normalise
from consent.subjects.types import Identifier, IdentifierKind

_PRECEDENCE = ("set", "drop", "mask")


class HistoricDecisionRefused(AccordantError):
    """A decision for a past moment was offered as ground for sending data now."""

    code = "historic_decision_refused"


def refuse_historic(decision: Decision) -> None:
    """Return if `decision` is for now.

    :raises HistoricDecisionRefused: if it is not.
    """
    if decision.historic:
        raise HistoricDecisionRefused("decide for now, without as_of and known_at: data leaves now")


def apply_obligations(batch: pa.RecordBatch, owed: Sequence[Obligations], plan: OutputPlan) -> pa.RecordBatch:
    """Return the rows of `batch` after each row's `owed` obligations, in the plan's columns.

    :raises ObligationNotSupported: if a row is owed something that the plan did not foresee.
    """
    for obligation in {one for obligations in owed for one in obligations}:
        check_supported(obligation)
        if obligation not in plan.foreseen:
            raise ObligationNotSupported("a row is owed an obligation that none of the policy's rules holds")
    arrays = [_fill(batch, column, owed) for column in plan.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=plan.schema)


def mask_text(value: str, kind: IdentifierKind | None) -> str | None:
    """Return the SHA-256 (hex) of `value`, normalised as `kind` if it is an identifier.

    None for a malformed identifier: it may hold anything, so nothing of it leaves. The result is
    pseudonymous, not anonymous: whoever knows the value can find it again.
    """
    if kind is None:
        return hashlib.sha256(value.encode()).hexdigest()
    try:
        _, digest = digest_of(normalise(Identifier(kind, value)))
    except MalformedIdentifier:
        return None
    return digest.hex()


def _fill(batch: pa.RecordBatch, column: OutputColumn, owed: Sequence[Obligations]) -> pa.Array:
    strongest = {obligations: _strongest(column.owed(obligations)) for obligations in set(owed)}
    orders = [strongest[obligations] for obligations in owed]
    values = _source(batch, column)
    kinds = {order.kind for order in orders if order}
    if "drop" in kinds:
        values = _empty(values, [order is not None and order.kind == "drop" for order in orders])
    if kinds <= {"drop"}:
        return values
    pairs = zip(orders, values.to_pylist(), strict=True)
    return pa.array([_honour(order, text, column.kind) for order, text in pairs], column.field.type)


def _strongest(owed: Sequence[Obligation]) -> Obligation | None:
    return min(owed, key=lambda one: _PRECEDENCE.index(one.kind), default=None)


def _source(batch: pa.RecordBatch, column: OutputColumn) -> pa.Array:
    if column.source is None:
        return pa.nulls(batch.num_rows, column.field.type)
    return batch.column(column.source).cast(column.field.type)


def _empty(values: pa.Array, dropped: Sequence[bool]) -> pa.Array:
    """Return `values` with nulls where dropped; by `take`, which knows every Arrow type."""
    return values.take(pa.array([None if drop else row for row, drop in enumerate(dropped)], pa.int64()))


def _honour(order: Obligation | None, text: str | None, kind: IdentifierKind | None) -> str | None:
    if order is None or order.kind == "drop":
        return text
    if order.kind == "set":
        return order.value
    return None if text is None else mask_text(text, kind)
