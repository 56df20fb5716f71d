"""Faults of rules' conditions: tests that do not fit the property they look at."""

from collections.abc import Iterator

from consent.policies.document.paths import Finding, Parts, field_of, items_of
from consent.policies.document.properties import (
    EQUALITY,
    NUMBERS,
    OPERATORS,
    a_value,
    declared_type,
    misfits,
    undeclared_property,
)
from consent.policies.document.schema import shown


def find_condition_faults(document: object) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of each rule."""
    for number, rule in enumerate(items_of(document, "rules")):
        for index, condition in enumerate(items_of(rule, "conditions")):
            yield from _condition(document, condition, ("rules", number, "conditions", index))


def _condition(document: object, condition: object, parts: Parts) -> Iterator[Finding]:
    name, operator = field_of(condition, "property"), field_of(condition, "operator")
    value, where = field_of(condition, "value"), (*parts, "value")
    if not isinstance(name, str) or not isinstance(operator, str) or value is None:
        return
    if undeclared := undeclared_property(document, name):
        yield Finding((*parts, "property"), undeclared)
    kind = declared_type(document, name)
    if kind and operator in OPERATORS[NUMBERS] and operator not in OPERATORS[kind]:
        compared = f"{name!r} is {a_value(kind)}, which is compared by {', '.join(OPERATORS[kind])}"
        yield Finding((*parts, "operator"), f"found {shown(operator)}, but {compared}")
    elif shape := _wrong_shape(operator, value, declared=kind is not None):
        yield Finding(where, shape)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(document, name, item, (*where, index))
    else:
        yield from misfits(document, name, value, where)


def _wrong_shape(operator: str, value: object, *, declared: bool) -> str:
    """Return what is wrong with `value` whatever the property; nothing if it fits the operator."""
    if operator == "in":
        expected = "expected a list of values, because the operator is 'in'"
        return "" if isinstance(value, list) else f"found {shown(value)}, {expected}"
    if operator in EQUALITY:
        expected = f"expected one value, because the operator is {operator!r}"
        return f"found a list, {expected}" if isinstance(value, list) else ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_told_already = declared and not isinstance(value, list)  # as no value of the property
    if operator not in OPERATORS[NUMBERS] or is_number or is_told_already:
        return ""
    return f"found {shown(value)}, expected a number, because the operator is {operator!r}"
