"""How a person's identifiers may be written in a database, and whether what was found is theirs. Pure.

A database is asked for whatever may be meant (`folded` on both sides finds too much, never too little);
what it answers is then compared exactly, as `consent.subjects.rules` writes identifiers.
"""

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from consent.requests.types import Person
from consent.subjects.rules import MalformedIdentifier, normalise_value
from consent.subjects.types import HASHED_KINDS, IdentifierKind

BLANKS = " \t\n\r\u00a0"
"""Left out wherever they stand before anything is compared."""
PUNCTUATION = "-.()/"
"""Of telephone numbers."""
LOWERED = frozenset(
    {
        IdentifierKind.EMAIL,
        IdentifierKind.ADVERTISING_ID,
        IdentifierKind.EMAIL_SHA256,
        IdentifierKind.PHONE_SHA256,
    }
)
_HASHED_AS = {plain: hashed for hashed, plain in HASHED_KINDS.items()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose values a field of one kind is searched for."""

    kind: IdentifierKind
    values: frozenset[str] = field(repr=False)
    """Normalised."""
    digests: frozenset[str] = field(repr=False)
    """Of values that are not known themselves: the person came by their SHA-256."""

    def __bool__(self) -> bool:
        return bool(self.values or self.digests)

    def matches(self, found: Any) -> bool:
        """Return whether a value that a field holds is the person's."""
        text = as_text(found, self.kind)
        if text is None:
            return False
        try:
            form = normalise_value(self.kind, text)
        except MalformedIdentifier:
            return False
        return form in self.values or (bool(self.digests) and _sha256(form) in self.digests)

    def spellings(self) -> frozenset[str]:
        """Return how the values may be written, folded: a field that holds another folded is not theirs."""
        return frozenset(
            folded(spelling, self.kind) for value in self.values for spelling in _spell(self.kind, value)
        )


def want(person: Person, kind: IdentifierKind) -> Wanted:
    """Return what a field of this kind holds if its row is the person's."""
    values = set(person.identifiers.get(kind, ()))
    if kind in HASHED_KINDS:
        values |= {_sha256(value) for value in person.identifiers.get(HASHED_KINDS[kind], ())}
        return Wanted(kind, frozenset(values), frozenset())
    hashed = _HASHED_AS.get(kind)
    digests = frozenset(person.identifiers.get(hashed, ())) if hashed else frozenset()
    return Wanted(kind, frozenset(values), digests - {_sha256(value) for value in values})


def folded(text: str, kind: IdentifierKind) -> str:
    """Return `text` as the database is asked to fold what it holds."""
    for mark in left_out(kind):
        text = text.replace(mark, "")
    return text.lower() if kind in LOWERED and text.isascii() else text


def left_out(kind: IdentifierKind) -> str:
    """Return the characters that do not count while candidates are looked for."""
    return BLANKS + PUNCTUATION if kind is IdentifierKind.PHONE else BLANKS


def as_text(found: Any, kind: IdentifierKind) -> str | None:
    """Return a value that a field holds as text; None if it is nothing that an identifier may be."""
    if isinstance(found, str):
        return found
    if isinstance(found, bytes | bytearray | memoryview):
        return bytes(found).hex() if kind in HASHED_KINDS else None
    if isinstance(found, UUID):
        return str(found)
    if isinstance(found, Decimal) and found.is_finite() and found == found.to_integral_value():
        found = int(found)
    if isinstance(found, int) and not isinstance(found, bool):
        return f"+{found}" if kind is IdentifierKind.PHONE else str(found)
    return None


def as_number(value: str, kind: IdentifierKind) -> int | None:
    """Return the whole number that a field of numbers holds for this identifier; None if there is none."""
    digits = value.removeprefix("+") if kind is IdentifierKind.PHONE else value
    if digits.isascii() and digits.isdecimal() and len(digits) <= 18 and str(int(digits)) == digits:
        return int(digits)
    return None


def _spell(kind: IdentifierKind, value: str) -> Iterator[str]:
    """Yield the value, composed and not; letters beyond ASCII in either case, as few databases fold them."""
    for written in _written(kind, value):
        for form in ("NFC", "NFD"):
            text = unicodedata.normalize(form, written)
            if kind in LOWERED and not text.isascii():
                name, at, domain = text.rpartition("@")
                yield from (f"{one}{at}{other}" for one in _cases(name) for other in _cases(domain))
            else:
                yield text


def _cases(text: str) -> tuple[str, str]:
    return text, "".join(letter if letter.isascii() else letter.upper() for letter in text)


def _written(kind: IdentifierKind, value: str) -> Iterator[str]:
    yield value
    if kind is IdentifierKind.EMAIL and "xn--" in value:
        name, _, domain = value.rpartition("@")
        try:
            yield f"{name}@{domain.encode('ascii').decode('idna')}"
        except UnicodeError:
            return


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
