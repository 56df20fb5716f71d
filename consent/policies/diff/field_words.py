"""What is said of any field that differs, whatever it belongs to."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from consent.policies.diff.orders import exact
from consent.policies.diff.types import Direction, Effect, FieldChange


def gained(before: Iterable[str], after: Iterable[str]) -> Sequence[str]:
    """Return what `after` names and `before` does not, in the order of `after`."""
    old = set(before)
    return [name for name in after if name not in old]


def lost(before: Iterable[str], after: Iterable[str]) -> Sequence[str]:
    """Return what `before` names and `after` does not."""
    return gained(after, before)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that are written differently, in the order they stand in."""
    names = dict.fromkeys([*before, *after])
    return [name for name in names if _written(before, name) != _written(after, name)]


def _written(entry: Mapping[str, Any], name: str) -> object:
    return json.dumps(entry[name], sort_keys=True) if name in entry else None


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any], where: str) -> tuple[FieldChange, ...]:
    """Return the fields that are written differently, as they stand in the texts."""
    return tuple(
        FieldChange(f"{where}.{name}", before.get(name), after.get(name))
        for name in changed_fields(before, after)
    )


def means_the_same(before: Any, after: Any, default: Any = None) -> bool:
    """Return whether two values differ in their order only, or in that one states the default."""
    old, new = (default if value is None else value for value in (before, after))
    return exact(old) == exact(new)


def in_other_words(name: str, before: Any, after: Any) -> Effect:
    """Return what is said of a field that is written differently and means the same."""
    label = name.replace("_", " ")
    if before is None or after is None:
        return Effect(Direction.WORDING, f"The default for {label} is {_stated(after)}; nothing changes.")
    return Effect(Direction.WORDING, f"Only the order of {label} changed.")


def _stated(after: Any) -> str:
    return "left unsaid" if after is None else "stated"


def rewritten(name: str, before: Any, after: Any) -> Effect:
    """Return what is said of a field that no decision looks at."""
    label = name.replace("_", " ").capitalize()
    old, new = (_short(value) for value in (before, after))
    return Effect(Direction.WORDING, f"{label} is now {new}; before, {old}. No answer changes by that.")


def _short(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "empty"
    text = str(value)
    return f"“{text}”" if len(text) <= 120 else f"“{text[:120]}…”"
