"""Conditions on request properties. A property not sent, or of another type, never meets one."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from activation.decisions.compiled import Condition
from activation.decisions.types import PropertyValue

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def is_met(condition: Condition, properties: Mapping[str, PropertyValue]) -> bool:
    """Return whether `properties` meet `condition`. What cannot be compared is not met."""
    sent = properties.get(condition.property)
    if sent is None:
        return False
    wanted = condition.value
    if condition.operator == "in":
        return isinstance(wanted, tuple) and any(_alike(sent, one) and sent == one for one in wanted)
    compare = COMPARISONS.get(condition.operator)
    return compare is not None and _alike(sent, wanted) and compare(sent, wanted)


def _alike(sent: PropertyValue, wanted: object) -> bool:
    """Whether both are numbers, both texts or both truth values: True is not 1 here."""
    return _family(sent) is not None and _family(sent) == _family(wanted)


def _family(value: object) -> str | None:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else None
