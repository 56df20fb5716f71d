"""Content sealed in parts under a data key of its own, which is wrapped as other secrets are.

A part opens in its place only. Whether the last one is missing, the part's owner tells: it counts them.
"""

import base64
import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent.keys import queries, services
from consent.keys.types import KEY_SIZE, KeyUnreadable, SealedSecret

_NONCE_SIZE = 12
_PART_SIZE = 1024 * 1024


def make_vault_key(*, name: str) -> tuple[bytes, SealedSecret]:
    """Return a new data key, and its sealed form, which opens under `name` only; the caller stores that.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    key = secrets.token_bytes(KEY_SIZE)
    return key, services.seal_secret(base64.b64encode(key).decode(), name=name)


def open_vault_key(sealed: SealedSecret, *, name: str) -> bytes:
    """Return the data key.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be had.
    """
    return base64.b64decode(queries.open_secret(sealed, name=name))


def seal_part(key: bytes, content: bytes, *, place: bytes) -> bytes:
    """Return `content` sealed; it opens with the same `place` only."""
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, content, place)


def open_part(key: bytes, sealed: bytes, *, place: bytes) -> bytes:
    """Return what was sealed.

    :raises KeyUnreadable: if it does not open: it was changed, moved, or sealed under another key.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], place)
    except (InvalidTag, ValueError):
        raise KeyUnreadable("a sealed part does not open") from None


class PartWriter:
    """Gathers lines, and has about a megabyte of them written as one part at a time, numbered from 1."""

    def __init__(self, write: Callable[[int, bytes], None]) -> None:
        self._write = write
        self._waiting: list[bytes] = []
        self._size = 0
        self.parts = 0
        """How many were written."""

    def add(self, line: bytes) -> None:
        """Take a line, and write a part when there is enough for one."""
        self._waiting.append(line)
        self._size += len(line)
        if self._size >= _PART_SIZE:
            self.end()

    def end(self) -> None:
        """Write what waits."""
        if self._waiting:
            self.parts += 1
            self._write(self.parts, b"".join(self._waiting))
        self._waiting, self._size = [], 0
