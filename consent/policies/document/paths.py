"""Where in a document something stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Parts = tuple[str | int, ...]
"""The steps from the document's root: names of fields and indexes into lists."""

_PLAIN = re.compile(r"[\w-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong, before its path is put into words."""

    parts: Parts
    message: str


def path_text(parts: Parts) -> str:
    """Return the path as people write it: `rules[3].purposes[0]`, `purposes["marketing.email"].title`.

    The document's root is `(document)`.
    """
    return "".join(_step(part) for part in parts).removeprefix(".") or "(document)"


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if _PLAIN.fullmatch(part):
        return f".{part}"
    escaped = part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'["{escaped}"]'


def sort_key(parts: Parts) -> tuple[tuple[bool, int, str], ...]:
    """Return the key by which paths are listed: list items by their number, fields by their name."""
    return tuple((False, part, "") if isinstance(part, int) else (True, 0, part) for part in parts)


def fields_of(value: object, name: str) -> Mapping[str, object]:
    """Return the mapping at field `name` of `value`, or an empty one where there is none.

    What has a wrong shape is the schema's to report; the other checks step over it, so that one pass
    can report both.
    """
    member = value.get(name) if isinstance(value, Mapping) else None
    return (
        {key: entry for key, entry in member.items() if isinstance(key, str)}
        if isinstance(member, Mapping)
        else {}
    )


def items_of(value: object, name: str) -> Sequence[object]:
    """Return the list at field `name` of `value`, or an empty one where there is none."""
    member = value.get(name) if isinstance(value, Mapping) else None
    return member if isinstance(member, list) else ()


def texts_of(value: object, name: str) -> list[tuple[int, str]]:
    """Return the texts in the list at field `name` of `value`, each with its index."""
    return [(index, item) for index, item in enumerate(items_of(value, name)) if isinstance(item, str)]


def field_of(value: object, name: str) -> object:
    """Return field `name` of `value`, or None where there is none."""
    return value.get(name) if isinstance(value, Mapping) else None
