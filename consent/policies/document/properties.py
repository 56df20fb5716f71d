"""Faults of request properties: how they are declared, and what is registered of destinations."""

import re
from collections.abc import Iterator, Mapping

from consent.policies.document.paths import Finding, Parts, field_of, fields_of, items_of
from consent.policies.document.schema import load_schema, shown

NUMBERS = "number"
EQUALITY = ("eq", "ne")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": (*EQUALITY, "in"),
    NUMBERS: (*EQUALITY, "in", "lt", "lte", "gt", "gte"),
    "truth": EQUALITY,
}
"""What each type is compared by."""
_A_VALUE = {"text": "text", NUMBERS: "a number", "truth": "true or false"}
_SECTION = "properties"
_OF_RESOURCE = "resource."


def find_property_faults(document: object) -> Iterator[Finding]:
    """Yield what is wrong with properties where they are declared, and where they are registered."""
    for name, entry in fields_of(document, _SECTION).items():
        kind = declared_type(document, name)
        if kind not in (None, "text") and field_of(entry, "values") is not None:
            yield Finding((_SECTION, name, "values"), f"goes with the type text; found {kind}")
    for slug, destination in fields_of(document, "destinations").items():
        for name, value in fields_of(destination, _SECTION).items():
            yield from _registered(document, name, value, ("destinations", slug, _SECTION, name))


def _registered(document: object, name: str, value: object, parts: Parts) -> Iterator[Finding]:
    if not name.startswith(_OF_RESOURCE):
        if _form().match(name):
            yield Finding(parts, f"{name!r} is no property of the resource, which is all that is registered")
        return
    if undeclared := undeclared_property(document, name):
        yield Finding(parts, undeclared)
    yield from misfits(document, name, value, parts)


def declared_type(document: object, name: str) -> str | None:
    """Return the type that the property is declared with; None if it is not, or with one that is none."""
    kind = field_of(fields_of(document, _SECTION).get(name), "type")
    return kind if isinstance(kind, str) and kind in OPERATORS else None


def undeclared_property(document: object, name: str) -> str:
    """Return what is said of a name that nothing declares; nothing where it is, or is no name at all."""
    is_readable = isinstance(field_of(document, _SECTION), Mapping | None)
    if not is_readable or name in fields_of(document, _SECTION) or not _form().match(name):
        return ""
    return f"{name!r} is not declared under properties"


def misfits(document: object, name: str, value: object, parts: Parts) -> Iterator[Finding]:
    """Yield that `value`, which stands at `parts`, is no value of the property. Shapes are the schema's."""
    kind, family = declared_type(document, name), _family_of(value)
    if kind is None or family is None:
        return
    values = items_of(fields_of(document, _SECTION)[name], "values")
    if family != kind:
        yield Finding(parts, f"found {shown(value)}, expected {a_value(kind)}, as {name!r} is declared")
    elif kind == "text" and values and value not in values:
        listed = ", ".join(map(shown, values))
        yield Finding(parts, f"found {shown(value)}, expected one of {listed}, as {name!r} is declared")


def a_value(kind: str) -> str:
    """Return what a value of the type is called in a sentence."""
    return _A_VALUE[kind]


def _family_of(value: object) -> str | None:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return NUMBERS
    return "text" if isinstance(value, str) else None


def _form() -> re.Pattern[str]:
    return re.compile(load_schema()["$defs"]["property_name"]["pattern"])
