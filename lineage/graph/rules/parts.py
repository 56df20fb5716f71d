"""Taking parts out of an event whose shape nobody vouches for. Pure."""

from collections.abc import Mapping
from typing import Any

MOST_OWNERS = 50
_NOTHING: Mapping[str, Any] = {}


def part_of(value: object, *names: str) -> Mapping[str, Any]:
    """Return the object at `names`, an empty one if there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else _NOTHING


def members_of(value: object) -> list[Mapping[str, Any]]:
    """Return the objects in a list, and nothing else of it; none if it is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def text_of(value: Mapping[str, Any], name: str, longest: int) -> str | None:
    """Return the beginning of the text at `name`, None if there is none."""
    text = value.get(name)
    return text[:longest] if isinstance(text, str) else None


def count_of(value: Mapping[str, Any], name: str) -> int | None:
    """Return the count at `name`, None if there is none that a database takes."""
    count = value.get(name)
    is_count = isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 1 << 63
    return count if is_count else None


def owners_of(facets: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the owners that the facet `ownership` names, None if there is none."""
    if "ownership" not in facets:
        return None
    told = members_of(part_of(facets, "ownership").get("owners"))[:MOST_OWNERS]
    return tuple(name for one in told if (name := text_of(one, "name", 200)))
