"""The reference page on the settings of systems, written from the code that reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from consent.requests.connectors.declared import SETTINGS

_REFERENCE = "#/$defs/"
_INTRO = "<!-- Written by ./dev check --fix from consent/requests/connectors. -->"


def systems_page() -> str:
    """Return the page: a section for each kind of system, and for each object that its settings hold."""
    told = (
        "What a system of the data map is told in its `settings`, by its kind. Unknown settings are refused."
        " How to use them: [declare your systems](../how-to/declare-your-systems.md),"
        " [connect systems by HTTP, files and webhooks](../how-to/connect-systems-by-http-files-webhook.md)."
    )
    sections = [_kind(kind.value, struct) for kind, struct in SETTINGS.items()]
    return f"# Settings of systems\n\n{_INTRO}\n\n{told}\n\n" + "\n".join(sections)


def _kind(kind: str, struct: type[msgspec.Struct]) -> str:
    (root,), parts = msgspec.json.schema_components([struct], ref_template=_REFERENCE + "{name}")
    first = root["$ref"].removeprefix(_REFERENCE)
    names = [first, *(name for name in sorted(parts) if name != first)]
    return "\n".join(
        _section(f"## `{kind}`" if name == first else f"### {name} (`{kind}`)", parts[name]) for name in names
    )


def _section(title: str, part: Mapping[str, Any]) -> str:
    rows = "\n".join(_rows(part))
    return f"{title}\n\n{part.get('description', '')}\n\n| setting | is | |\n|---|---|---|\n{rows}\n"


def _rows(part: Mapping[str, Any]) -> Iterator[str]:
    required = set(part.get("required", ()))
    for name, field in part.get("properties", {}).items():
        needed = "needed: " if name in required else ""
        given = field.get("default")
        default = "" if given in (None, []) or isinstance(given, dict) else f"; default `{_show(given)}`"
        yield f"| `{name}` | {needed}{_is(field)}{default} | {_describe(field)} |"


def _is(field: Mapping[str, Any]) -> str:
    """Return what the field is expected to be, in words."""
    if "$ref" in field:
        return str(field["$ref"]).removeprefix(_REFERENCE)
    if "anyOf" in field:
        return " or ".join(_is(one) for one in field["anyOf"] if one.get("type") != "null")
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_is(field.get('items', {}))}"
    if field.get("type") == "object" and field.get("additionalProperties"):
        return f"name → {_is(field['additionalProperties'])}"
    return f"{field.get('type', 'any JSON')}{_bounds(field)}"


def _bounds(field: Mapping[str, Any]) -> str:
    told = [str(field[name]) for name in ("minimum", "maximum") if name in field]
    return f" ({' to '.join(told)})" if len(told) == 2 else ""


def _describe(field: Mapping[str, Any]) -> str:
    inner = [field, *field.get("anyOf", ())]
    return next((str(one["description"]) for one in inner if "description" in one), "").replace("|", "\\|")


def _show(value: Any) -> str:
    return msgspec.json.encode(value).decode()
