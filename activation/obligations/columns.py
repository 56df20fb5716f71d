"""Types of columns: which can carry identifiers, and how a type is written without dictionaries."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from consent.subjects.types import IdentifierKind

TypeChange = Callable[[Any], Any]

_NUMBERED_KINDS = frozenset(
    {
        IdentifierKind.CUSTOMER_ID,
        IdentifierKind.USER_ID,
        IdentifierKind.DEVICE_ID,
        IdentifierKind.COOKIE_ID,
    }
)


def can_carry(kind: IdentifierKind, held: pa.DataType) -> bool:
    """Return whether a column of type `held` can carry identifiers of `kind` without changing them.

    Text can; of ids, whole numbers too. A number that was read as a decimal, or lost its leading zeros, is
    another identifier.
    """
    return is_text(held) or (pa.types.is_integer(_values_of(held)) and kind in _NUMBERED_KINDS)


def is_text(held: pa.DataType) -> bool:
    """Return whether a column of type `held` is text."""
    values = _values_of(held)
    shapes = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(has_shape(values) for has_shape in shapes)


def without_dictionaries(held: pa.DataType) -> pa.DataType:
    """Return `held` with the type of their values in the place of dictionaries, at any depth."""
    if pa.types.is_dictionary(held):
        return without_dictionaries(held.value_type)
    return with_children(held, without_dictionaries)


def with_children(held: pa.DataType, change: TypeChange) -> pa.DataType:
    """Return a nested type with its children's types changed; any other type as it is."""

    def changed(field: pa.Field) -> pa.Field:
        return field.with_type(change(field.type))

    if pa.types.is_struct(held):
        return pa.struct([changed(field) for field in held])
    if pa.types.is_map(held):
        return pa.map_(changed(held.key_field), changed(held.item_field), held.keys_sorted)
    if pa.types.is_fixed_size_list(held):
        return pa.list_(changed(held.value_field), held.list_size)
    for has_shape, make in _LISTS:
        if has_shape(held):
            return make(changed(held.value_field))
    return held


def _values_of(held: pa.DataType) -> pa.DataType:
    return held.value_type if pa.types.is_dictionary(held) else held


_LISTS = (
    (pa.types.is_list, pa.list_),
    (pa.types.is_large_list, pa.large_list),
    (pa.types.is_list_view, pa.list_view),
    (pa.types.is_large_list_view, pa.large_list_view),
)
