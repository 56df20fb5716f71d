"""Reading a mapping file: strict YAML, checked against its schema, every fault with its path."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from consent.policies.document.paths import Parts, path_text, sort_key
from consent.policies.document.reading import MalformedPolicy, read_yaml
from consent.records.adapters.signal_fields import find_signal_faults, read_signal_fields
from consent.records.adapters.types import ImportMapping, MalformedMapping
from consent.records.types import Choice
from consent.subjects.types import IdentifierKind

_CLAIMS = ("controller", "notice", "notice_version", "method", "form")
_REFERENCE = "#/$defs/"


def read_mapping(text: str) -> ImportMapping:
    """Return the mapping that `text`, YAML or JSON, holds.

    :raises MalformedMapping: with every fault that was found, each with its path.
    """
    try:
        document = read_yaml(text)
    except MalformedPolicy as error:
        raise MalformedMapping([str(error)]) from error
    found = [*_find_form_faults(document), *_find_meaning_faults(document)]
    if found:
        ordered = sorted(set(found), key=lambda one: (sort_key(one[0]), one[1]))
        raise MalformedMapping([f"{path_text(parts)}: {message}" for parts, message in ordered])
    return _read(document)


@cache
def load_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a mapping."""
    text = files("consent.records.adapters").joinpath("mapping.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _find_form_faults(document: object) -> Iterator[tuple[Parts, str]]:
    for error in Draft202012Validator(load_schema()).iter_errors(document):
        parts = tuple(error.absolute_path)
        schema = cast("Mapping[str, Any]", error.schema)
        if error.validator == "additionalProperties":
            known = schema["properties"]
            unknown = (name for name in cast("Mapping[str, Any]", error.instance) if name not in known)
            yield from (((*parts, name), f"unknown field; one of {', '.join(known)}") for name in unknown)
        elif error.validator == "required":
            missing = (name for name in schema["required"] if name not in error.instance)
            yield from (((*parts, name), "missing") for name in missing)
        else:
            yield parts, f"expected {_expected(error)}"


def _expected(error: ValidationError) -> str:
    schema = cast("Mapping[str, Any]", error.schema)
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    return str(schema.get("title", "something else"))


def _find_meaning_faults(document: Mapping[str, Any]) -> Iterator[tuple[Parts, str]]:
    """Yield what the schema cannot say."""
    if ("notice" in document) != ("notice_version" in document):
        yield ("notice",), "a notice and its version are given together"
    zone = document.get("time_zone")
    if isinstance(zone, str) and _zone(zone) is None:
        yield ("time_zone",), "no such time zone; expected a name such as Europe/Berlin"
    purposes, not_ours = document.get("purposes"), document.get("not_ours")
    if isinstance(purposes, dict) and isinstance(not_ours, list):
        for index, name in enumerate(not_ours):
            if isinstance(name, str) and name in purposes:
                yield ("not_ours", index), "stands under purposes too"
    yield from find_signal_faults(document)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return None
    except KeyError:
        return None


def _read(document: Mapping[str, Any]) -> ImportMapping:
    purposes = document.get("purposes", {})
    unmapped_no = document.get("unmapped_no", "fault")
    return ImportMapping(
        identifiers={name: IdentifierKind(kind) for name, kind in document["identifiers"].items()},
        purposes={name: (to,) if isinstance(to, str) else tuple(to) for name, to in purposes.items()},
        not_ours=frozenset(document.get("not_ours", ())),
        no_means=Choice(document.get("no_means", Choice.REFUSED)),
        unmapped_no=None if unmapped_no == "fault" else unmapped_no,
        claims={name: document[name] for name in _CLAIMS if name in document},
        time_zone=_zone(document["time_zone"]) if "time_zone" in document else None,
        columns=document.get("columns", {}),
        values={name: Choice(choice) for name, choice in document.get("values", {}).items()},
        defaults=document.get("defaults", {}),
        signals=read_signal_fields(document["signals"]) if "signals" in document else None,
    )
