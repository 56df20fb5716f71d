"""What an event says: the JSON, and whom it is about. Pure.

Numbers are kept as they are written, and what leaves is written anew: a name that stands twice in an
object has one value afterwards, the one that was looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from activation.enforcement.streaming.types import EventFault, Path
from activation.snapshots.resolving import KINDS
from consent.subjects.types import HASHED_KINDS, IdentifierKind

Person = str | tuple[str, ...]
"""What an event says of whom it is about: the text of the one identifier that is looked for; or of each, in
the order they were named, empty where the event has none."""

_LONGEST = 1_000
"""Characters of a text that may be an identifier, blanks around it included."""
_NUMBERED = frozenset(KINDS) - {IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.ADVERTISING_ID}
"""Kinds whose identifiers may be written as whole numbers."""

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
write_event: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="number").encode


class Unusable(Exception):
    """The event is denied, whoever it may be about."""

    def __init__(self, fault: EventFault) -> None:
        super().__init__(fault)
        self.fault = fault


def read_event(value: bytes | str | None) -> dict[str, Any]:
    """Return the object that an event is.

    :raises Unusable: if it is none.
    """
    if value is None:
        raise Unusable(EventFault.EMPTY)
    try:
        found = _decode(value)
    except (msgspec.DecodeError, ArithmeticError, ValueError, RecursionError):
        raise Unusable(EventFault.UNREADABLE) from None
    if type(found) is not dict:
        raise Unusable(EventFault.NOT_AN_OBJECT)
    return found


class PersonReader:
    """Finds whom an event is about."""

    def __init__(self, identifiers: Sequence[tuple[IdentifierKind, Path]]) -> None:
        self.kinds = tuple(kind for kind, _ in identifiers)
        self._places = tuple(identifiers)
        self._only = self._places[0] if len(self._places) == 1 else None

    def read(self, event: Mapping[str, Any]) -> Person:
        """Return what the event says of whom it is about.

        :raises Unusable: if it has no identifier, or one that can be none.
        """
        if self._only is not None:
            kind, path = self._only
            text = _read(event, kind, path)
            if not text:
                raise Unusable(EventFault.WITHOUT_IDENTIFIER)
            return text
        texts = tuple([_read(event, kind, path) for kind, path in self._places])
        if not any(texts):
            raise Unusable(EventFault.WITHOUT_IDENTIFIER)
        return texts

    def named(self, person: Person) -> list[tuple[IdentifierKind, str]]:
        """Return the identifiers that the event gave, with their kinds."""
        texts = (person,) if isinstance(person, str) else person
        return [(kind, text) for kind, text in zip(self.kinds, texts, strict=True) if text]

    def as_they_left(self, event: Mapping[str, Any]) -> dict[IdentifierKind, str]:
        """Return the identifiers that an event holds, whatever was done to them."""
        found = {kind: _value(event, path) for kind, path in self._places}
        return {kind: str(value) for kind, value in found.items() if isinstance(value, str | int) and value}


def _value(event: Mapping[str, Any], path: Path) -> Any:
    value: Any = event
    for name in path:
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value


def _read(event: Mapping[str, Any], kind: IdentifierKind, path: Path) -> str:
    """Return an identifier's text, empty if there is none."""
    value = event.get(path[0]) if len(path) == 1 else _value(event, path)
    if type(value) is str:
        if len(value) > _LONGEST:
            raise Unusable(EventFault.MALFORMED_IDENTIFIER)
        return value if value and not value.isspace() else ""
    if value is None:
        return ""
    if type(value) is int and kind in _NUMBERED and kind not in HASHED_KINDS:
        return str(value)
    raise Unusable(EventFault.MALFORMED_IDENTIFIER)
