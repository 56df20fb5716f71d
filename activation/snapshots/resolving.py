"""From an identifier to what stands for it in a store. Pure."""

from collections.abc import Mapping

from consent.subjects.rules import blind_index, derive_key, derive_tombstone_key
from consent.subjects.types import HASHED_KINDS, IdentifierKind

KINDS = tuple(kind for kind in IdentifierKind if kind not in HASHED_KINDS)
"""The kinds that identifiers are kept under."""


class Resolver:
    """Makes blind indexes under every version of the index key, the newest first."""

    def __init__(
        self,
        index_keys: Mapping[IdentifierKind, tuple[bytes, ...]],
        stone_keys: Mapping[IdentifierKind, bytes],
    ) -> None:
        """Take the derived keys of each kind."""
        self._index_keys, self._stone_keys = index_keys, stone_keys

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
        return [blind_index(digest, key) for key in self._index_keys[kind]]

    def stone(self, kind: IdentifierKind, digest: bytes) -> bytes:
        """Return what stands for an identifier once its subject is erased.

        :raises KeyError: if no key of the kind is held.
        """
        return blind_index(digest, self._stone_keys[kind])
