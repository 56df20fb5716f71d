"""The parts that a mapping document is read by: values with a place, and all that is wrong with them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.kernel.errors import AccordantError

Path = tuple[str | int, ...]

_PLAIN = re.compile(r"[\w-]+", re.ASCII)
_LONGEST_SHOWN = 60
NEEDED = object()
"""In the place of a default: there is none."""


@dataclass(frozen=True, slots=True)
class MappingFault:
    """One thing that is wrong with a mapping document."""

    path: str
    """Where, as `purposes["advertising.targeted"].tcf.purposes[0]`; `(document)` for the whole."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class MalformedMapping(AccordantError):
    """A document is no signal mapping. `faults` has all that is wrong with it, at least one."""

    code = "malformed_signal_mapping"

    def __init__(self, faults: Iterable[MappingFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, self.faults)))


def path_text(path: Path) -> str:
    """Return a path as people write it."""
    return "".join(map(_step, path)).removeprefix(".") or "(document)"


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if _PLAIN.fullmatch(part):
        return f".{part}"
    escaped = part[:_LONGEST_SHOWN].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'["{escaped}"]'


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document with its place; what is wrong with it goes to `faults`, one list for all."""

    value: Any
    path: Path = ()
    faults: list[MappingFault] = field(default_factory=list)

    def refuse(self, message: str) -> None:
        """Note what is wrong; the caller goes on with a value that stands in."""
        self.faults.append(MappingFault(path_text(self.path), message))

    def at(self, value: Any, *parts: str | int) -> "Node":
        """Return a value below this one."""
        return Node(value, (*self.path, *parts), self.faults)

    def members(self) -> Mapping[str, Any]:
        """Return the members of an object; none, with a fault, if it is none."""
        if isinstance(self.value, Mapping):
            return self.value
        self.refuse("expected an object")
        return {}

    def fields(self, **defaults: Any) -> dict[str, "Node"]:
        """Return each field named, with its default where it is not there; `NEEDED` ones must be.

        Other fields are faults.
        """
        members = self.members()
        for name in members:
            if name not in defaults:
                self.at(None, name).refuse(f"unknown; expected one of {', '.join(defaults)}")
        return {name: self._field(members, name, default) for name, default in defaults.items()}

    def _field(self, members: Mapping[str, Any], name: str, default: Any) -> "Node":
        if name in members or default is not NEEDED:
            return self.at(members.get(name, default), name)
        if isinstance(self.value, Mapping):
            self.at(None, name).refuse("missing")
        return Node(None, (*self.path, name))  # its faults go nowhere: that it is missing says all

    def truth(self) -> bool:
        """Return true or false; false stands in."""
        if isinstance(self.value, bool):
            return self.value
        self.refuse("expected true or false")
        return False

    def number(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`; `least` stands in."""
        if type(self.value) is int and least <= self.value <= most:
            return self.value
        self.refuse(f"expected a whole number from {least} to {most}")
        return least

    def text(self, pattern: re.Pattern[str], what: str, *, most: int) -> str:
        """Return a text that `pattern` matches whole; the empty text stands in."""
        if isinstance(self.value, str) and len(self.value) <= most and pattern.fullmatch(self.value):
            return self.value
        self.refuse(f"expected {what}")
        return ""

    def word(self, words: Iterable[str]) -> str:
        """Return one word of a closed list; its first stands in."""
        listed = tuple(words)
        if isinstance(self.value, str) and self.value in listed:
            return self.value
        self.refuse(f"expected one of {', '.join(listed)}")
        return listed[0]

    def each(self, read: Callable[["Node"], Any]) -> tuple[Any, ...]:
        """Return the items of a list, each of which may stand there once."""
        if not isinstance(self.value, list):
            self.refuse("expected a list")
            return ()
        items: list[Any] = []
        for place, one in enumerate(self.value):
            node = self.at(one, place)
            before = len(self.faults)
            item = read(node)
            if len(self.faults) > before:
                continue
            if item in items:
                node.refuse("stands here twice")
            items.append(item)
        return tuple(items)
