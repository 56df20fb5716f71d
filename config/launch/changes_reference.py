"""The reference of consent changes: each message, what the topic holds, and what a subscription asks for."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from activation.changes.kinds import KINDS, SubscriptionKind
from activation.changes.messages import TYPES, TopicChoice, TopicValue
from activation.destinations.kinds.settings import describe_settings

_INTRO = """# Consent changes

<!-- Written by ./dev check --fix from activation/changes. -->

What a [subscription](../how-to/subscribe-to-consent-changes.md) sends. A JSON Schema of all of it is
[beside this page](consent-changes.schema.json). New fields may be added: pass over what you do not know.

A webhook's message is `{"type": …, "timestamp": …, "data": {…}}`, signed as Standard Webhooks 1.0.0 says. Its
`webhook-id` is the subscription's slug, `_` and the event's id: the same in every try and in every replay,
and so is the body, byte for byte. `timestamp` is `recorded_at`.
"""
_TOPIC = "What the compacted topic holds: by key, the subject's reference."
Schema = Mapping[str, Any]


def changes_schema() -> dict[str, Any]:
    """Return the JSON Schema of every message, and of the topic's values."""
    structs = [*TYPES.values(), TopicValue]
    _, parts = msgspec.json.schema_components(structs, ref_template="#/$defs/{name}")
    messages = [_message(kind, struct) for kind, struct in TYPES.items()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Consent changes",
        "oneOf": messages,
        "$defs": parts,
    }


def changes_page() -> str:
    """Return the page: a section for each type of message, for the topic, and for each kind."""
    messages = [_section(f"`{kind}`", struct) for kind, struct in TYPES.items()]
    topic = [_section("The compacted topic", TopicValue, _TOPIC), _section("A choice in it", TopicChoice)]
    return "\n".join([_INTRO, *messages, *topic, *map(_kind, KINDS.values())])


def _message(kind: str, struct: type[Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"$ref": f"#/$defs/{struct.__name__}"},
        },
    }


def _section(title: str, struct: type[Any], told: str = "") -> str:
    _, parts = msgspec.json.schema_components([struct], ref_template="{name}")
    text = told or inspect.cleandoc(struct.__doc__ or "")
    rows = "\n".join(_rows(parts[struct.__name__]))
    return f"## {title}\n\n{text}\n\n| field | is | |\n|---|---|---|\n{rows}\n"


def _rows(part: Schema) -> Iterator[str]:
    for name, field in part.get("properties", {}).items():
        yield f"| `{name}` | {_form(field)} | {field.get('description', '')} |"


def _form(field: Schema) -> str:
    """Return what a value is, in words."""
    if "anyOf" in field:
        return " or ".join(_form(one) for one in field["anyOf"])
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"])
    words = {"array": "list", "integer": "number"}
    return "time" if field.get("format") == "date-time" else words.get(field["type"], str(field["type"]))


def _kind(kind: SubscriptionKind) -> str:
    required = {field.name for field in msgspec.structs.fields(kind.settings) if field.required}
    rows = [
        f"| `{name}` | {'needed' if name in required else 'optional'} | {text} |"
        for name, text in describe_settings(kind).items()
    ]
    rows += [f"| `{name}` | credential | {text} |" for name, text in kind.secrets.items()]
    table = "\n".join(["| setting | | is |", "|---|---|---|", *rows])
    return f"## Kind `{kind.slug}`: {kind.title}\n\n{table}\n"
