"""What a link says, as few bytes: an address in a mail must stay short. Pure.

The order and the numbers are kept for good: links that were mailed must still be read. Whatever else does not
read back to the same bytes is none of ours.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from consent.portal.types import Trust
from consent.subjects.types import HASHED_KINDS, Identifier, IdentifierKind

_TRUSTS: Mapping[Trust, int] = {Trust.DEVICE: 0, Trust.LINK: 1, Trust.PROVEN: 2}
_KINDS: Mapping[IdentifierKind, int] = {
    IdentifierKind.CUSTOMER_ID: 1,
    IdentifierKind.USER_ID: 2,
    IdentifierKind.EMAIL: 3,
    IdentifierKind.PHONE: 4,
    IdentifierKind.DEVICE_ID: 5,
    IdentifierKind.ADVERTISING_ID: 6,
    IdentifierKind.COOKIE_ID: 7,
    IdentifierKind.EMAIL_SHA256: 8,
    IdentifierKind.PHONE_SHA256: 9,
}
_WORKS_ONCE, _VERIFIED = 0x80, 0x80
_HEAD = struct.Struct(">BIB")  # trust, end in seconds, number of identifiers
_LENGTH = struct.Struct(">H")
_BLOCK = 16
"""Links are filled up to a multiple of this: their length says little of whom they are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTerms:
    """What a link lets its holder do, and for whom."""

    controller: str
    trust: Trust
    identifiers: tuple[Identifier, ...] = field(repr=False)
    """Normalised, of one person."""
    expires_at: datetime
    purpose: str = ""
    """What the mailing was about, if it was about one purpose."""
    works_once: bool = False


def pack(terms: LinkTerms) -> bytes:
    """Return the bytes of a link."""
    first = _TRUSTS[terms.trust] | (_WORKS_ONCE if terms.works_once else 0)
    head = _HEAD.pack(first, int(terms.expires_at.timestamp()), len(terms.identifiers))
    texts = [_text(terms.controller.encode()), _text(terms.purpose.encode())]
    packed = head + b"".join([*texts, *map(_identifier, terms.identifiers)])
    return packed + bytes(-len(packed) % _BLOCK)


def unpack(packed: bytes) -> LinkTerms:
    """Return what the bytes of a link say.

    :raises ValueError: if `pack` never made them.
    """
    try:
        terms = _Reader(packed).read()
    except (struct.error, IndexError, KeyError, OverflowError) as error:
        raise ValueError("no link has these bytes") from error
    if pack(terms) != packed:
        raise ValueError("no link has these bytes")
    return terms


def _text(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _identifier(one: Identifier) -> bytes:
    value = bytes.fromhex(one.value) if one.kind in HASHED_KINDS else one.value.encode()
    return bytes([_KINDS[one.kind] | (_VERIFIED if one.verified else 0)]) + _text(value)


class _Reader:
    """Reads bytes from their beginning."""

    def __init__(self, packed: bytes) -> None:
        self._packed, self._place = packed, _HEAD.size

    def read(self) -> LinkTerms:
        first, seconds, count = _HEAD.unpack_from(self._packed)
        trusts = {number: trust for trust, number in _TRUSTS.items()}
        return LinkTerms(
            trust=trusts[first & ~_WORKS_ONCE],
            works_once=bool(first & _WORKS_ONCE),
            expires_at=datetime.fromtimestamp(seconds, tz=UTC),
            controller=self._text().decode(),
            purpose=self._text().decode(),
            identifiers=tuple(self._identifier() for _ in range(count)),
        )

    def _text(self) -> bytes:
        (length,) = _LENGTH.unpack_from(self._packed, self._place)
        begin = self._place + _LENGTH.size
        self._place = begin + length
        return self._packed[begin : self._place]

    def _identifier(self) -> Identifier:
        first = self._packed[self._place]
        self._place += 1
        kinds = {number: kind for kind, number in _KINDS.items()}
        kind, value = kinds[first & ~_VERIFIED], self._text()
        text = value.hex() if kind in HASHED_KINDS else value.decode()
        return Identifier(kind, text, verified=bool(first & _VERIFIED), is_normalised=True)
