"""Segments read and written whole, because a field at a time takes Python several times as long.

Nearly every US segment is a number of six bits and then numbers of two, three a character; a GPC segment has
few possible texts. Both are made from the declaration, and both give up (None) on anything that is not in
order: the codec then goes field by field, and says what is wrong and where.
"""

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Protocol

from consent.signals.base64url import ALPHABET
from consent.signals.gpp.declared import Field
from consent.signals.gpp.kinds import TwoBitList, Whole
from consent.signals.gpp.padding import lengths, written_length

Fields = dict[str, Any]

_DIGITS = {letter: bytes((place >> 4, place >> 2 & 3, place & 3)) for place, letter in enumerate(ALPHABET)}
_AS_TEXT = bytes.maketrans(b"\x00\x01\x02\x03", b"0123")
_HEADS = {place: _DIGITS[letter].translate(_AS_TEXT) for place, letter in enumerate(ALPHABET)}
_UP_TO_TWO = b"012" + b"x" * 253
"""Makes digits of the bytes 0 to 2, and of any other byte what is no digit."""
_ZERO = ord("0")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_DIGITS_IN_GROUP = 12
"""Four characters of base64 are three bytes, twelve digits of two bits."""


_TWO_BITS = ((0, 1, 2), (1, 2))


class Quick(Protocol):
    """A way to read and write one segment whole."""

    def read(self, text: str) -> Fields | None:
        """Return the fields, without the version, or None if something is not in order."""

    def write(self, fields: Mapping[str, Any]) -> str | None:
        """Return the text, or None if something is not in order."""


class TwoBits:
    """A segment of numbers of two bits, perhaps behind one number of six."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        head = fields[0] if _is_six(fields[0]) else None
        rest = fields[1:] if head else fields
        self._start = 3 if head else 0
        constant = None if head is None else head.constant
        self._constant = b"" if constant is None else _DIGITS[ALPHABET[constant]]
        self._constant_text = self._constant.translate(_AS_TEXT)
        self._head = head.name if head and head.constant is None else ""
        self._names = tuple(field.name for field in rest)
        places, self._count = _places(rest, self._start)
        self._pick = _picker(places)
        self._never_zero = [at for at, field in zip(places, rest, strict=True) if _is_never_zero(field)]
        self._runs = _runs(rest)
        self._accepted = lengths(2 * self._count)
        self._written = written_length(2 * self._count)
        self._filling = b"0" * (-self._count % _DIGITS_IN_GROUP)
        self._bytes = (self._count + len(self._filling)) // 4

    @staticmethod
    def fits(fields: tuple[Field, ...]) -> bool:
        """Return whether a segment of `fields` can be read so."""
        rest = fields[1:] if _is_six(fields[0]) else fields
        return all(_is_two(field) or isinstance(field.kind, TwoBitList) for field in rest)

    def read(self, text: str) -> Fields | None:
        if len(text) not in self._accepted:
            return None
        try:
            digits = b"".join(map(_DIGITS.__getitem__, text))
        except KeyError:
            return None
        if digits.find(3, self._start) >= 0 or digits[self._count :].strip(b"\x00"):
            return None
        if not digits.startswith(self._constant):
            return None
        for at in self._never_zero:
            if not digits[at]:
                return None
        fields = {self._head: digits[0] << 4 | digits[1] << 2 | digits[2]} if self._head else {}
        fields.update(zip(self._names, self._pick(tuple(digits)), strict=True))
        return fields

    def write(self, fields: Mapping[str, Any]) -> str | None:
        try:
            parts = [_HEADS[fields[self._head]] if self._head else self._constant_text]
            for pick, length in self._runs:
                part = bytes(pick(fields)).translate(_UP_TO_TWO)
                if len(part) != length:
                    return None
                parts.append(part)
            parts.append(self._filling)
            digits = b"".join(parts)
            packed = int(digits, 4).to_bytes(self._bytes, "big")
        except (KeyError, TypeError, ValueError):
            return None
        for at in self._never_zero:
            if digits[at] == _ZERO:
                return None
        return b2a_base64(packed, newline=False)[: self._written].translate(_URL_SAFE).decode("ascii")


class Few:
    """A segment of so few bits that each of its texts is in a table. `read` fills the table."""

    BITS = 4

    def __init__(self, texts: Mapping[str, Fields], written: frozenset[str]) -> None:
        self._texts = texts
        names = next(iter(texts.values()))
        self._pick = _picker(list(names))
        values = {text: tuple(fields.values()) for text, fields in texts.items() if text in written}
        self._values = {each: (text, tuple(map(type, each))) for text, each in values.items()}

    def read(self, text: str) -> Fields | None:
        fields = self._texts.get(text)
        return None if fields is None else fields.copy()

    def write(self, fields: Mapping[str, Any]) -> str | None:
        try:
            values = self._pick(fields)
            text, types = self._values[values]
        except (KeyError, TypeError):
            return None
        return text if tuple(map(type, values)) == types else None


def _is_six(field: Field) -> bool:
    return isinstance(field.kind, Whole) and field.kind.bits == 6


def _is_two(field: Field) -> bool:
    return isinstance(field.kind, Whole) and field.kind.bits == 2 and field.kind.allowed in _TWO_BITS


def _is_never_zero(field: Field) -> bool:
    return isinstance(field.kind, Whole) and 0 not in field.kind.allowed


def _places(fields: tuple[Field, ...], at: int) -> tuple[list[Any], int]:
    """Return where each field's digits are, an index or a slice, and how many digits there are."""
    places: list[Any] = []
    for field in fields:
        if isinstance(field.kind, TwoBitList):
            places.append(slice(at, at + field.kind.count))
            at += field.kind.count
        else:
            places.append(at)
            at += 1
    return places, at


def _runs(fields: tuple[Field, ...]) -> list[tuple[Callable[[Any], Any], int]]:
    """Return what picks the digits to write, and how many: a list at a time, or the numbers between lists."""
    runs: list[tuple[Callable[[Any], Any], int]] = []
    numbers: list[str] = []
    for field in fields:
        if isinstance(field.kind, TwoBitList):
            if numbers:
                runs.append((_picker(numbers), len(numbers)))
            runs.append((itemgetter(field.name), field.kind.count))
            numbers = []
        else:
            numbers.append(field.name)
    return [*runs, (_picker(numbers), len(numbers))] if numbers else runs


def _picker(places: list[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what picks `places` as a tuple, even a single one."""
    pick = itemgetter(*places)
    return pick if len(places) > 1 else lambda values: (pick(values),)
