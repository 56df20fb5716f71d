"""From an identifier to what stands for it in a store. Pure."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from consent.subjects.rules import derive_key, derive_tombstone_key
from consent.subjects.types import HASHED_KINDS, IdentifierKind

KINDS = tuple(kind for kind in IdentifierKind if kind not in HASHED_KINDS)
"""The kinds that identifiers are kept under."""


_BLOCK = 64
"""Bytes that SHA-256 takes at a time."""


class Keyed:
    """HMAC-SHA-256 under one key (RFC 2104), whose two key blocks are hashed once and for all."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = (key if len(key) <= _BLOCK else sha256(key).digest()).ljust(_BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        """Return the 32 bytes that `consent.subjects.rules.blind_index` returns."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def _lister(keys: tuple[bytes, ...]) -> Callable[[bytes], list[bytes]]:
    """Return what makes a blind index under each of `keys`; most services have one."""
    makers = [Keyed(key).digest for key in keys]
    if len(makers) == 1:
        [make] = makers
        return lambda digest: [make(digest)]
    return lambda digest: [make(digest) for make in makers]


class Resolver:
    """Makes blind indexes under every version of the index key, the newest first."""

    def __init__(
        self,
        index_keys: Mapping[IdentifierKind, tuple[bytes, ...]],
        stone_keys: Mapping[IdentifierKind, bytes],
    ) -> None:
        """Take the derived keys of each kind."""
        self._indexes = {kind: _lister(keys) for kind, keys in index_keys.items()}
        self._stones = {kind: Keyed(key).digest for kind, key in stone_keys.items()}

    @classmethod
    def from_masters(cls, masters: Mapping[int, bytes], tombstone_master: bytes) -> "Resolver":
        """Return the resolver of a service's own keys."""
        ordered = [masters[version] for version in sorted(masters, reverse=True)]
        return cls(
            {kind: tuple(derive_key(master, kind) for master in ordered) for kind in KINDS},
            {kind: derive_tombstone_key(tombstone_master, kind) for kind in KINDS},
        )

    def indexes(self, kind: IdentifierKind, digest: bytes) -> list[bytes]:
        """Return what stands for an identifier, given the SHA-256 of its normalised value.

        :raises KeyError: if no keys of the kind are held.
        """
        return self._indexes[kind](digest)

    def stone(self, kind: IdentifierKind, digest: bytes) -> bytes:
        """Return what stands for an identifier once its subject is erased.

        :raises KeyError: if no key of the kind is held.
        """
        return self._stones[kind](digest)
