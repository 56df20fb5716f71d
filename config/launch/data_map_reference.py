"""The reference of the data map's document: each entry, and the settings of a database."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from consent.requests.connectors.sql.settings import SqlSettings
from consent.requests.systems.document import DataMap, DatasetEntry, FieldEntry, ReferenceEntry, SystemEntry

_INTRO = """# The data map

<!-- Written by ./dev check --fix from consent/requests/systems/document.py. -->

What `import_data_map` reads and `export_data_map` writes. How to write one:
[declare your systems](../how-to/declare-your-systems.md). Unknown fields are refused.
"""
_ENTRIES = {
    "The document": DataMap,
    "A system": SystemEntry,
    "A dataset": DatasetEntry,
    "A field": FieldEntry,
    "A reference": ReferenceEntry,
    "Settings of a system of the kind `sql`": SqlSettings,
}


def data_map_page() -> str:
    """Return the page: a section for each kind of entry, a row for each field."""
    return "\n".join([_INTRO, *(_section(title, struct) for title, struct in _ENTRIES.items())])


def _section(title: str, struct: type[Any]) -> str:
    rows = "\n".join(_rows(struct))
    told = (inspect.getdoc(struct) or "").replace("\n", " ")
    return f"## {title}\n\n{told}\n\n| field | | is |\n|---|---|---|\n{rows}\n"


def _rows(struct: type[Any]) -> Iterator[str]:
    schema = msgspec.json.schema(struct)
    part = schema["$defs"][struct.__name__]
    required = set(part.get("required", ()))
    for name, field in part["properties"].items():
        needed = "needed" if name in required else f"optional{_default(field)}"
        text = f"{field.get('description', '')}{_choices(field, schema)}"
        yield f"| `{name}` | {needed} | {text.replace('|', chr(92) + '|')} |"


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    return "" if default in (None, "", [], {}) else f", else `{str(default).lower()}`"


def _choices(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return the words of a closed list, however deep the schema mentions it."""
    for one in (field, *field.get("anyOf", ()), *field.get("allOf", ())):
        reference = one.get("$ref", "").rpartition("/")[2]
        listed = schema["$defs"].get(reference, {}).get("enum")
        if listed:
            return " One of " + ", ".join(f"`{word}`" for word in listed) + "."
    return ""
