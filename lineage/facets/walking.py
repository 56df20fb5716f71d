"""A first look at an event, before anything trusts it: is it JSON of a sane size, and what facets has it?"""

import math
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lineage.facets.paths import Part, Path, write_path

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")

Facet = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much an event may be. A validator written in another language must never meet more."""

    depth: int = 64
    nodes: int = 250_000
    """Objects, lists and values."""
    name: int = 1_024
    """Characters in the name of a field."""


@dataclass(slots=True)
class Walk:
    """What was met: the facets, which are the objects that name a schema, and what is wrong already."""

    facets: list[tuple[Path, Facet]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def walk(event: object, bounds: Bounds) -> Walk:
    """Return what is met in `event`; nothing exhausts the stack. It stops at the first fault."""
    found = Walk()
    waiting: deque[tuple[Path, object]] = deque([((), event)])
    seen = 0
    while waiting and not found.faults:
        path, value = waiting.popleft()
        seen += 1
        if seen > bounds.nodes:
            found.faults.append(f"$: holds more than {bounds.nodes} values")
        elif fault := _fault(path, value, bounds):
            found.faults.append(f"{write_path(path)}: {fault}")
        elif isinstance(value, dict) and "_schemaURL" in value:
            found.facets.append((path, value))
        waiting.extend(_members(path, value))
    return found


def _members(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    entries: Iterator[tuple[Part, object]] = iter(())
    if isinstance(value, dict):
        entries = iter(value.items())
    elif isinstance(value, list):
        entries = enumerate(value)
    for part, member in entries:
        yield (*path, part), member


def _fault(path: Path, value: object, bounds: Bounds) -> str | None:
    if len(path) > bounds.depth:
        return f"nested more than {bounds.depth} deep"
    if isinstance(value, dict):
        return next(filter(None, (_fault_of_name(name, bounds) for name in value)), None)
    if isinstance(value, str):
        return "holds text that cannot be kept" if _UNKEEPABLE.search(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else "is no JSON number"
    return None if value is None or isinstance(value, bool | int | list) else "is no JSON value"


def _fault_of_name(name: object, bounds: Bounds) -> str | None:
    if not isinstance(name, str) or _UNKEEPABLE.search(name):
        return "has a field whose name is no text"
    return f"has a field whose name is longer than {bounds.name}" if len(name) > bounds.name else None
