"""Doing what is owed on rows.

Where several obligations are owed on one column, a set value replaces, else the person's string, else a drop
empties, else a mask hides.
"""

import hashlib
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from activation.decisions.types import Obligation
from activation.obligations.plan import (
    SIGNAL,
    ObligationNotSupported,
    Obligations,
    OutputColumn,
    OutputPlan,
    check_supported,
)
from consent.subjects.rules import MalformedIdentifier, digest_of, normalise
from consent.subjects.types import Identifier, IdentifierKind

_PRECEDENCE = ("set", SIGNAL, "drop", "mask")
Strings = Mapping[str, pa.Array]
"""The strings of the people whom rows are about, by kind; null where there is none that holds."""


def apply_obligations(batch: pa.RecordBatch, owed: Sequence[Obligations], plan: OutputPlan) -> pa.RecordBatch:
    """Return the rows of `batch` after each row's `owed` obligations, in the plan's columns.

    :raises ObligationNotSupported: if a row is owed something that the plan did not foresee.
    """
    different = list(dict.fromkeys(owed))
    places = {obligations: place for place, obligations in enumerate(different)}
    return apply_by_place(batch, pa.array([places[one] for one in owed], pa.int32()), different, plan)


def apply_by_place(
    batch: pa.RecordBatch,
    places: pa.Array,
    different: Sequence[Obligations],
    plan: OutputPlan,
    strings: Strings | None = None,
) -> pa.RecordBatch:
    """Return the rows of `batch` after what is owed on each: `places` says which of `different` that is.

    Who gives `strings` has seen to it that each row's person has those that it is owed, and that a vendor may
    have it.

    :raises ObligationNotSupported: if anything in `different` is not what the plan foresaw, or a row is owed
        its person's string and there is none: it may not go without.
    """
    for obligation in {one for obligations in different for one in obligations}:
        check_supported(obligation, knows_strings=strings is not None)
        if obligation not in plan.foreseen:
            raise ObligationNotSupported("a row is owed an obligation that none of the policy's rules holds")
    arrays = [_fill(batch, column, places, different, strings or {}) for column in plan.columns]
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


def _fill(
    batch: pa.RecordBatch,
    column: OutputColumn,
    places: pa.Array,
    different: Sequence[Obligations],
    strings: Strings,
) -> pa.Array:
    orders = [strongest(column.owed(obligations)) for obligations in different]
    values = _source(batch, column)
    kinds = {order.kind for order in orders if order}
    if "drop" in kinds:
        values = _empty(values, _rows_of("drop", orders, places))
    if "mask" in kinds:
        values = _mask(values, _rows_of("mask", orders, places), column)
    for string in sorted({order.value for order in orders if order and order.kind == SIGNAL}):
        owed = _owed_strings(string, orders, places)
        values = pc.if_else(owed, _take_strings(strings.get(string), owed), values)
    if "set" in kinds:
        settings = pa.array([order.value if order else None for order in orders], column.field.type)
        values = pc.if_else(_rows_of("set", orders, places), settings.take(places), values)
    return values


def strongest(owed: Sequence[Obligation]) -> Obligation | None:
    """Return the one of the obligations on a column, or a field, that is carried out."""
    return min(owed, key=lambda one: _PRECEDENCE.index(one.kind), default=None)


def _rows_of(kind: str, orders: Sequence[Obligation | None], places: pa.Array) -> pa.Array:
    """Return, for each row, whether it is owed an order of `kind`."""
    return pa.array([order is not None and order.kind == kind for order in orders]).take(places)


def _owed_strings(string: str, orders: Sequence[Obligation | None], places: pa.Array) -> pa.Array:
    """Return, for each row, whether it is owed its person's string of this kind."""
    owed = [order is not None and (order.kind, order.value) == (SIGNAL, string) for order in orders]
    return pa.array(owed, pa.bool_()).take(places)


def _take_strings(found: pa.Array | None, owed: pa.Array) -> pa.Array:
    """Return the strings that were found.

    :raises ObligationNotSupported: if a row that is owed one has none, or an empty one.
    """
    if found is None:
        found = pa.nulls(len(owed), pa.string())
    lacking = pc.or_kleene(pc.is_null(found), pc.equal(found, ""))
    if pc.any(pc.and_(owed, lacking)).as_py():
        raise ObligationNotSupported("a row is owed its person's string, and there is none: it may not go")
    return found


def _source(batch: pa.RecordBatch, column: OutputColumn) -> pa.Array:
    if column.source is None:
        return pa.nulls(batch.num_rows, column.field.type)
    return batch.column(column.source).cast(column.field.type)


def _empty(values: pa.Array, dropped: pa.Array) -> pa.Array:
    """Return `values` with nulls where dropped; by `take`, which knows every Arrow type."""
    kept = pc.if_else(dropped, pa.scalar(None, pa.int64()), pa.arange(0, len(values)))
    return values.take(kept)


def _mask(values: pa.Array, masked: pa.Array, column: OutputColumn) -> pa.Array:
    """Return `values` with each one that is `masked` hidden, which is worked out once for equal ones."""
    encoded = pc.if_else(masked, values, pa.scalar(None, values.type)).dictionary_encode()
    hidden = [mask_text(text, column.kind) for text in encoded.dictionary.to_pylist()]
    return pc.if_else(masked, pa.array(hidden, values.type).take(encoded.indices), values)
