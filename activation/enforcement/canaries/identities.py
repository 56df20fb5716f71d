"""What a canary is called. It follows from a secret, so that no list of canaries lies anywhere in clear.

No value can be a real person's: `.example` can never be registered (RFC 2606), no area code of the North
American plan begins with 0, and numbers of customers do not carry a minus sign. The rest is 128 bits of a
keyed hash.
"""

import hashlib
import hmac

from activation.enforcement.canaries.types import Canary
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier, IdentifierKind

NUMBERED = (
    IdentifierKind.CUSTOMER_ID,
    IdentifierKind.USER_ID,
    IdentifierKind.DEVICE_ID,
    IdentifierKind.COOKIE_ID,
)
"""Kinds that columns of whole numbers may carry: a canary has a number of each too."""
_SMALLEST = -(2**31)
_NUMBERS = 2**31 - 1


def derive_key(secret: bytes) -> bytes:
    """Return the key that canaries are named by, from a secret of the installation's that never rotates."""
    return hmac.digest(secret, b"accordant/canary/1", hashlib.sha256)


class Identity:
    """The identifiers of one canary."""

    def __init__(self, canary: Canary, key: bytes) -> None:
        """Take what `derive_key` returned."""
        self._key = key
        self._name = f"{canary.destination}\n{canary.way}\n{canary.generation}\n"

    def text(self, kind: IdentifierKind) -> str:
        """Return the identifier of `kind` as a column of text carries it, normalised."""
        if kind is IdentifierKind.EMAIL_SHA256:
            return hashlib.sha256(self.text(IdentifierKind.EMAIL).encode()).hexdigest()
        if kind is IdentifierKind.PHONE_SHA256:
            return hashlib.sha256(self.text(IdentifierKind.PHONE).encode()).hexdigest()
        drawn = self._draw(kind)
        return normalise(Identifier(kind, _write(kind, drawn))).value

    def number(self, kind: IdentifierKind) -> int:
        """Return the identifier of `kind` as a column of whole numbers of 32 bits or more carries it."""
        return _SMALLEST + int.from_bytes(self._draw(kind)[16:24], "big") % _NUMBERS

    def all(self) -> tuple[Identifier, ...]:
        """Return everything that leads to the canary, normalised."""
        texts = [Identifier(kind, self.text(kind)) for kind in IdentifierKind if kind in _BASE]
        numbers = [Identifier(kind, str(self.number(kind))) for kind in NUMBERED]
        return tuple(map(normalise, [*texts, *numbers]))

    def _draw(self, kind: IdentifierKind) -> bytes:
        return hmac.digest(self._key, f"{self._name}{kind}".encode(), hashlib.sha256)


_BASE = frozenset(IdentifierKind) - {IdentifierKind.EMAIL_SHA256, IdentifierKind.PHONE_SHA256}


def _write(kind: IdentifierKind, drawn: bytes) -> str:
    name = drawn[:16].hex()
    if kind is IdentifierKind.EMAIL:
        return f"canary-{name}@canary.example"
    if kind is IdentifierKind.PHONE:
        return f"+1000{int.from_bytes(drawn[:8], 'big') % 10**7:07}"
    if kind is IdentifierKind.ADVERTISING_ID:
        return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"
    return f"canary-{name}"
