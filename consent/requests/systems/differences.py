"""What differs between two data maps, line by line. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.policies.document.paths import path_text

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two data maps differ."""

    sign: str
    """`+`: added, `-`: removed, `~`: changed."""
    path: str
    told: str

    def __str__(self) -> str:
        return f"{self.sign} {self.path}: {self.told}" if self.told else f"{self.sign} {self.path}"


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return the differences in the order of their places."""
    return list(_compare((), before, after))


def _compare(parts: tuple[str | int, ...], before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _compare((*parts, name), before.get(name, _NOTHING), after.get(name, _NOTHING))
    elif before is _NOTHING:
        yield Difference("+", path_text(parts), _shown(after))
    elif after is _NOTHING:
        yield Difference("-", path_text(parts), _shown(before))
    elif before != after:
        yield Difference("~", path_text(parts), f"{_shown(before)} -> {_shown(after)}")


def _shown(value: Any) -> str:
    """Return a plain value; of what has parts, only the names of them."""
    if isinstance(value, Mapping):
        return ", ".join(map(str, value)) if value else ""
    return json.dumps(value, ensure_ascii=False)
