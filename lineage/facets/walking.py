"""A first look at an event, before anything trusts it: is it JSON of a sane size, and what facets has it?"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lineage.facets.paths import Path, write_path

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")

Facet = Mapping[str, object]
_Holder = dict[str, object] | list[object]
_Place = tuple[Path, _Holder]


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
    """Return what is met in `event`; nothing exhausts the stack. It stops at the first faults."""
    found = Walk()
    waiting: list[_Place] = []
    _look_at((), event, waiting, found)
    left = bounds.nodes
    while waiting and not found.faults:
        path, holder = waiting.pop()
        left -= len(holder)
        if left < 0:
            found.faults.append(f"$: holds more than {bounds.nodes} values")
        elif len(path) > bounds.depth:
            found.faults.append(f"{write_path(path)}: nested more than {bounds.depth} deep")
        else:
            _look_into(path, holder, waiting, found, bounds)
    return found


def is_larger(value: object, most: int) -> bool:
    """Whether `value`, which was walked before, holds more than so many values."""
    waiting = [value]
    left = most
    while waiting and left >= 0:
        holder = waiting.pop()
        if isinstance(holder, dict | list):
            left -= len(holder)
            waiting.extend(holder.values() if isinstance(holder, dict) else holder)
    return left < 0


def _look_into(path: Path, holder: _Holder, waiting: list[_Place], found: Walk, bounds: Bounds) -> None:
    if isinstance(holder, list):
        for index, member in enumerate(holder):
            _look_at((*path, index), member, waiting, found)
        return
    if "_schemaURL" in holder:
        found.facets.append((path, holder))
    for name, member in holder.items():
        if fault := _fault_of_name(name, bounds):
            found.faults.append(f"{write_path(path)}: {fault}")
        else:
            _look_at((*path, name), member, waiting, found)


def _look_at(path: Path, value: object, waiting: list[_Place], found: Walk) -> None:
    if isinstance(value, str):
        if _is_unkeepable(value):
            found.faults.append(f"{write_path(path)}: holds text that cannot be kept")
    elif isinstance(value, dict | list):
        waiting.append((path, value))
    elif isinstance(value, float):
        if not math.isfinite(value):
            found.faults.append(f"{write_path(path)}: is no JSON number")
    elif not (value is None or isinstance(value, int)):
        found.faults.append(f"{write_path(path)}: is no JSON value")


def _fault_of_name(name: object, bounds: Bounds) -> str | None:
    if not isinstance(name, str) or _is_unkeepable(name):
        return "has a field whose name is no text"
    return f"has a field whose name is longer than {bounds.name}" if len(name) > bounds.name else None


def _is_unkeepable(text: str) -> bool:
    """Whether `text` holds half a character, or the one that PostgreSQL cannot hold."""
    return not (text.isascii() and text.isprintable()) and _UNKEEPABLE.search(text) is not None
