"""Conditions on request properties. What is not known of a property, or of another type, never meets one."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from activation.decisions.compiled import Condition, PropertyType
from activation.decisions.types import PropertyValue

Properties = Mapping[str, PropertyValue]
Sent = Mapping[str, PropertyValue | None]
NOTHING_REGISTERED: Properties = {}

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def is_met(condition: Condition, sent: Sent, registered: Properties = NOTHING_REGISTERED) -> bool:
    """Return whether what is known of the property meets `condition`.

    `sent` came with the request, `registered` is on record of the destination. Where both are known both must
    meet it: a caller cannot make the destination another one than it is.
    """
    name = condition.property
    known = [values[name] for values in (sent, registered) if name in values]
    return bool(known) and all(_meets(condition, value) for value in known)


def find_refuted(conditions: Iterable[Condition], registered: Properties) -> Iterator[Condition]:
    """Yield the conditions that no request can meet, because of what is registered of the destination."""
    for condition in conditions:
        if condition.property in registered and not _meets(condition, registered[condition.property]):
            yield condition


def _meets(condition: Condition, value: PropertyValue | None) -> bool:
    """Return whether one value meets `condition`. What cannot be compared does not."""
    if value is None or not _is_value(condition, value):
        return False
    wanted = condition.value
    if condition.operator == "in":
        return isinstance(wanted, tuple) and any(_alike(value, one) and value == one for one in wanted)
    compare = COMPARISONS.get(condition.operator)
    return compare is not None and _alike(value, wanted) and compare(value, wanted)


def _is_value(condition: Condition, value: PropertyValue) -> bool:
    """Whether `value` is one that the property, as it is declared, can have."""
    if condition.type is not None and type_of(value) is not condition.type:
        return False
    return not condition.values or value in condition.values


def _alike(value: PropertyValue, wanted: object) -> bool:
    """Whether both are numbers, both texts or both truth values: True is not 1 here."""
    return type_of(value) is not None and type_of(value) is type_of(wanted)


def type_of(value: object) -> PropertyType | None:
    """Return the type that `value` is of; None where no property can have it."""
    if isinstance(value, bool):
        return PropertyType.TRUTH
    if isinstance(value, int | float):
        return PropertyType.NUMBER
    return PropertyType.TEXT if isinstance(value, str) else None
