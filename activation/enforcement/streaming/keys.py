"""What becomes of an allowed event's key: whatever is to be hidden in the event does not leave as its key.

* Nothing is to be dropped or masked: the key stays.
* The key is the text of an identifier that leaves as it was: the key stays, since it tells nothing more.
* The key is the text of a field that was masked: the key is that field's mask.
* The key is the text of another field that leaves as it was: the key stays.
* Any other key may hold what is to be hidden, in a form that nobody told us of: it becomes its SHA-256, or,
  where something is to be dropped, nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from activation.enforcement.streaming.types import Path
from activation.obligations.applying import mask_text
from activation.obligations.objects import ObjectPlan, text_of
from activation.obligations.plan import ObligationNotSupported
from consent.subjects.types import IdentifierKind

_MOST_PLANS = 1_000


class KeyRule:
    """Decides about keys by the events that they belong to."""

    def __init__(self, identifiers: Sequence[tuple[IdentifierKind, Path]]) -> None:
        self._identifiers = tuple(path for _, path in identifiers)
        self._plain: dict[int, tuple[ObjectPlan, list[str]]] = {}
        """Outermost identifiers on which nothing is owed, by the plan's number."""

    def apply(
        self, key: bytes | None, event: Mapping[str, Any], left: Mapping[str, Any], plan: ObjectPlan
    ) -> bytes | None:
        """Return the key that leaves; `left` is the event after the obligations of `plan`."""
        if key is None or not plan.hides:
            return key
        for name in self._plain_names(plan):  # the usual case, found soonest
            value = left.get(name)
            if type(value) is str and value.encode() == key:
                return key
        text = _text(key)
        if text is not None and self._leaves_plain(text, left, plan):
            return key
        found = None if text is None else self._find_hidden(text, event, plan)
        if found is not None:
            return found.encode() or None
        if text is not None and any(_text_at(left, path) == text for path in self._paths(left)):
            return key
        is_dropped = any(one.kind == "drop" for one in plan.owed)
        return None if is_dropped else sha256(key).hexdigest().encode()

    def _plain_names(self, plan: ObjectPlan) -> list[str]:
        known = self._plain.get(id(plan))
        if known is None or known[0] is not plan:
            names = [path[0] for path in self._identifiers if len(path) == 1]
            known = plan, [name for name in names if plan.order_on((name,))[0] is None]
            if len(self._plain) >= _MOST_PLANS:
                self._plain.clear()
            self._plain[id(plan)] = known
        return known[1]

    def _leaves_plain(self, text: str, left: Mapping[str, Any], plan: ObjectPlan) -> bool:
        """Return whether an identifier of this text leaves as it was."""
        return any(
            _text_at(left, path) == text and plan.order_on(path)[0] is None for path in self._identifiers
        )

    def _find_hidden(self, text: str, event: Mapping[str, Any], plan: ObjectPlan) -> str | None:
        """Return what stands for a field of this text that is hidden: empty if dropped. None: no such."""
        masked: str | None = None
        for path in self._paths(event):
            order, kind = plan.order_on(path)
            if order is None or order.kind == "set" or _text_at(event, path) != text:
                continue
            if order.kind == "drop":
                return ""
            masked = mask_text(text, kind) or ""
        return masked

    def _paths(self, event: Mapping[str, Any]) -> Iterator[Path]:
        """Yield where fields lie that can be a key: the outermost ones, and the identifiers."""
        yield from ((name,) for name in event)
        yield from (path for path in self._identifiers if len(path) > 1)


def _text(key: bytes) -> str | None:
    try:
        return key.decode()
    except UnicodeDecodeError:
        return None


def _text_at(event: Mapping[str, Any], path: Path) -> str | None:
    value: Any = event
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    try:
        return text_of(value)
    except ObligationNotSupported:
        return None
