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
Order = tuple[Obligation | None, IdentifierKind | None]
"""What is to be done to a field, and the kind of identifier that it carries."""
_NESTED = frozenset({dict, list})
_NO_ORDER: Order = (None, None)
_MOST_PATHS = 10_000
"""Paths whose orders are remembered before they are begun anew: whoever sends events names their fields."""
_LONGEST_PATH = 200
"""Characters of a path, or a text, that is remembered."""
_MOST_MASKS = 100_000
"""Masks that are remembered before they are begun anew."""


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
        self._orders: dict[Path, dict[str, Order]] = {}
        self._remembered = 0
        self._masks: dict[tuple[IdentifierKind | None, str], str | None] = {}
        self._settings = [one for one in owed if one.kind == "set"]
        self._plain: set[str] = set()
        """Outermost names of which nothing is owed."""

    def apply(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the object after what is owed on it.

        :raises ObligationNotSupported: if a field that must be masked or set is no text, number or truth.
        """
        if not self.owed:
            return data
        found: set[str] = set()
        if _NESTED.isdisjoint(map(type, data.values())):
            done = self._apply_flat(data, found)
        else:
            done = self._apply(data, (), found)
        done.update({one.field: one.value for one in self._settings if one.field not in found})
        return done

    def order_on(self, path: Path) -> Order:
        """Return what is to be done to the field at `path`, and the kind of identifier that it carries."""
        known = self._orders.get(path[:-1])
        return (known and known.get(path[-1])) or self._learn(path)

    def _learn(self, path: Path) -> Order:
        found = self._find_order(path)
        if self._remembered >= _MOST_PATHS:
            self._orders, self._remembered, self._plain = {}, 0, set()
        if sum(map(len, path)) <= _LONGEST_PATH:
            if len(path) == 1 and found[0] is None:
                self._plain.add(path[0])
            self._orders.setdefault(path[:-1], {})[path[-1]] = found
            self._remembered += 1
        return found

    def _find_order(self, path: Path) -> Order:
        name, dotted = path[-1].strip().casefold(), ".".join(path).casefold()
        kinds = [kind for kind, place in self._identifiers.items() if place == path]
        kinds += [kind for kind in IdentifierKind if kind == name and not kinds]
        names = names_of(name, kinds) | {dotted}
        order = strongest([one for one in self.owed if one.field.casefold() in names])
        return (order, kinds[0] if kinds else None) if order else _NO_ORDER

    def _apply(self, data: dict[str, Any], above: Path, found: set[str]) -> dict[str, Any]:
        """Return the object's fields after what is owed; let `found` have what was set among them."""
        done: dict[str, Any] = {}
        known = self._orders.get(above, {})
        for name, value in data.items():
            order, kind = known.get(name) or self._learn((*above, name))
            if order is None:
                is_plain = type(value) is str or not isinstance(value, dict | list)
                done[name] = value if is_plain else self._look_inside(value, (*above, name))
            elif order.kind != "drop":
                text = text_of(value)  # what cannot be set in a column is not set here either
                done[name] = order.value if order.kind == "set" else self._mask(text, kind)
                if order.kind == "set" and not above:
                    found.add(order.field)
        return done

    def _apply_flat(self, data: dict[str, Any], found: set[str]) -> dict[str, Any]:
        """Do as `_apply` does on an outermost object that holds neither objects nor lists."""
        done, known = data.copy(), self._orders.get((), {})
        for name in data.keys() - self._plain:
            order, kind = known.get(name) or self._learn((name,))
            if order is None:
                continue
            if order.kind == "drop":
                del done[name]
            elif order.kind == "set":
                done[name] = order.value
                found.add(order.field)
            else:
                done[name] = self._mask(text_of(data[name]), kind)
        return done

    def _look_inside(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return self._apply(value, path, set())
        if isinstance(value, list):
            return [self._look_inside(one, path) for one in value]
        return value

    def _mask(self, text: str | None, kind: IdentifierKind | None) -> str | None:
        """Return the mask of a text, worked out once for equal ones that are short."""
        if text is None:
            return None
        if (kind, text) in self._masks:
            return self._masks[kind, text]
        masked = mask_text(text, kind)
        if len(self._masks) >= _MOST_MASKS:
            self._masks.clear()
        if len(text) <= _LONGEST_PATH:
            self._masks[kind, text] = masked
        return masked


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
