"""Doing what is owed on JSON objects: what `applying` does to the columns of rows, for events.

A field is owed what a column of its name would be. An object can hold objects: a field is known by its
name at whatever depth, by its dotted path, and by the kind of identifier that it was said to carry. Too
much is hidden rather than too little.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from activation.decisions.types import Obligation
from activation.obligations.applying import mask_text, strongest
from activation.obligations.plan import ObligationNotSupported, Obligations, check_supported, names_of
from consent.subjects.types import IdentifierKind

Path = tuple[str, ...]
_NO_ORDER: tuple[Obligation | None, IdentifierKind | None] = (None, None)
_MOST_PATHS = 10_000
"""Paths whose orders are remembered before they are begun anew: whoever sends events names their fields."""
_LONGEST_PATH = 200
"""Characters of a path that is remembered."""


class ObjectPlan:
    """What some obligations ask of objects whose identifiers lie at known paths."""

    def __init__(self, owed: Obligations, identifiers: Mapping[IdentifierKind, Path]) -> None:
        """Take what is owed on each object.

        :raises ObligationNotSupported: if this version cannot honour any of it.
        """
        for one in owed:
            check_supported(one)
        self.owed, self._identifiers = owed, dict(identifiers)
        self.hides = any(one.kind in {"drop", "mask"} for one in owed)
        """Whether anything is to be dropped or masked."""
        self._orders: dict[Path, tuple[Obligation | None, IdentifierKind | None]] = {}
        self._settings = [one for one in owed if one.kind == "set"]

    def apply(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the object after what is owed on it.

        :raises ObligationNotSupported: if a field that must be masked or set is no text, number or truth.
        """
        if not self.owed:
            return data
        done = self._apply(data, ())
        held = {name.strip().casefold() for name in done}
        done.update({one.field: one.value for one in self._settings if one.field.casefold() not in held})
        return done

    def order_on(self, path: Path) -> tuple[Obligation | None, IdentifierKind | None]:
        """Return what is to be done to the field at `path`, and the kind of identifier that it carries."""
        found = self._orders.get(path)
        if found is None:
            found = self._find_order(path)
            if len(self._orders) >= _MOST_PATHS:
                self._orders.clear()
            if sum(map(len, path)) <= _LONGEST_PATH:
                self._orders[path] = found
        return found

    def _find_order(self, path: Path) -> tuple[Obligation | None, IdentifierKind | None]:
        name, dotted = path[-1].strip().casefold(), ".".join(path).casefold()
        kinds = [kind for kind, place in self._identifiers.items() if place == path]
        kinds += [kind for kind in IdentifierKind if kind == name and not kinds]
        names = names_of(name, kinds) | {dotted}
        order = strongest([one for one in self.owed if one.field.casefold() in names])
        return (order, kinds[0] if kinds else None) if order else _NO_ORDER

    def _apply(self, data: dict[str, Any], above: Path) -> dict[str, Any]:
        done: dict[str, Any] = {}
        for name, value in data.items():
            path = (*above, name)
            order, kind = self.order_on(path)
            if order is None:
                done[name] = self._look_inside(value, path)
            elif order.kind != "drop":
                done[name] = order.value if _is_set(order, value) else _mask(value, kind)
        return done

    def _look_inside(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return self._apply(value, path)
        if isinstance(value, list):
            return [self._look_inside(one, path) for one in value]
        return value


def text_of(value: Any) -> str | None:
    """Return a plain value as text; None if it is null.

    :raises ObligationNotSupported: if it is an object or a list.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise ObligationNotSupported("a field that must be masked or set holds an object or a list")


def _is_set(order: Obligation, value: Any) -> bool:
    text_of(value)  # what cannot be set in a column is not set here either
    return order.kind == "set"


def _mask(value: Any, kind: IdentifierKind | None) -> str | None:
    text = text_of(value)
    return None if text is None else mask_text(text, kind)
