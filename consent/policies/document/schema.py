"""What a document's form is, and what in a document departs from it, in plain words."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from consent.policies.document.paths import Finding, Parts

_LONGEST_SHOWN = 60


@cache
def load_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a policy document."""
    text = files("consent.policies.document").joinpath("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def resolve(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the definition that `schema` refers to, or `schema` itself."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition: Mapping[str, Any] = load_schema()["$defs"][reference.rpartition("/")[2]]
    return definition


def find_form_faults(document: object) -> Iterator[Finding]:
    """Yield every place where `document` departs from the schema."""
    for error in _validator().iter_errors(document):
        yield from _translate(error)


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_whole(load_schema()))


def _whole(schema: Any) -> Any:
    """Return `schema` with each definition in place of the references to it: half the time to validate."""
    if isinstance(schema, list):
        return [_whole(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {name: _whole(part) for name, part in resolve(schema).items() if name != "$defs"}


def shown(value: object) -> str:
    """Return `value` as a message shows it: on one line, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class _Departure:
    """One error of the validator, of which only what messages need."""

    parts: Parts
    keyword: str
    instance: Any
    schema: Mapping[str, Any]
    of_a_name: bool
    """True if the name of a field departs from the schema, not what the field holds."""


def _translate(error: ValidationError) -> Iterator[Finding]:
    departure = _Departure(
        parts=tuple(error.absolute_path),
        keyword=str(error.validator),
        instance=error.instance,
        schema=cast("Mapping[str, Any]", error.schema),
        of_a_name="propertyNames" in error.absolute_schema_path,
    )
    if departure.of_a_name:
        where = (*departure.parts, str(departure.instance))
        yield Finding(where, f"the name is not {_expected(departure.schema)}")
    else:
        yield from _BY_KEYWORD.get(departure.keyword, _wrong_value)(departure)


def _unknown_fields(departure: _Departure) -> Iterator[Finding]:
    known = list(departure.schema["properties"])
    for name in departure.instance:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            advice = f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known)}"
            yield Finding((*departure.parts, str(name)), f"unknown field; {advice}")


def _missing_fields(departure: _Departure) -> Iterator[Finding]:
    for name in departure.schema["required"]:
        if name not in departure.instance:
            expected = _expected(departure.schema["properties"][name])
            yield Finding((*departure.parts, name), f"missing; expected {expected}")


def _repeated_items(departure: _Departure) -> Iterator[Finding]:
    items = departure.instance
    for index, item in enumerate(items):
        if item in items[:index]:
            yield Finding((*departure.parts, index), f"{shown(item)} stands here twice")


def _wrong_value(departure: _Departure) -> Iterator[Finding]:
    found = "nothing" if departure.instance in ("", [], {}) else shown(departure.instance)
    yield Finding(departure.parts, f"found {found}, expected {_expected(departure.schema)}")


_BY_KEYWORD: Mapping[str, Callable[[_Departure], Iterator[Finding]]] = {
    "additionalProperties": _unknown_fields,
    "required": _missing_fields,
    "uniqueItems": _repeated_items,
}


def _expected(schema: Mapping[str, Any]) -> str:
    """Return what `schema` asks for, as the end of a sentence."""
    schema = resolve(schema)
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    return str(schema["title"])
