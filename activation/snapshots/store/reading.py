"""Reads of the store, from one view at a time that is renewed every few milliseconds."""

from typing import Any

import msgspec

from activation.snapshots.compact.tokens import Token, read_token
from activation.snapshots.store.environment import Databases
from activation.snapshots.store.forms import INDEX_SIZE, KIND_BYTES, Poll, index_key, unpack_poll, unpack_refs
from activation.snapshots.store.writing import IDENTITY, KEYS_AT, POLL, WORLD
from consent.subjects.types import IdentifierKind


class StoreReader:
    """Reads one generation. Not for several threads at once."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._index, self._people = databases.index, databases.people
        self._transaction: Any = None
        self._get: Any = None
        self._tokens: list[Token] = []
        self.poll: Poll | None = None
        """The last complete poll as this view has it; None: the store was never complete."""
        self.keys_at = 0
        """When the API keys were last read: monotonic, in nanoseconds."""
        self.renew()

    def renew(self) -> None:
        """Look at the store as it is now.

        :raises lmdb.Error, ValueError, struct.error: if it cannot be read, or is of another format.
        """
        self.rest()
        self._transaction = self._databases.environment.begin()
        self._get = self._transaction.get
        packed = self._transaction.get(POLL, db=self._databases.meta)
        self.poll = None if packed is None else unpack_poll(packed)
        keys_at = self._transaction.get(KEYS_AT, db=self._databases.meta)
        self.keys_at = 0 if keys_at is None else int.from_bytes(keys_at, "big")

    def rest(self) -> None:
        """Hold no view while nobody asks: the writer could not use again what an old view still sees."""
        if self._transaction is not None:
            self._transaction.abort()
            self._transaction = None

    def close(self) -> None:
        """Give the store back."""
        self.rest()
        self._databases.environment.close()

    def number_of(self, token: Token) -> int | None:
        """Give no numbers: readers do not write."""
        raise NotImplementedError

    def token(self, number: int) -> Token:
        """Return the token of `number`.

        :raises LookupError: if there is none.
        """
        while number >= len(self._tokens):
            row = self._transaction.get(len(self._tokens).to_bytes(2, "big"), db=self._databases.tokens)
            if row is None:
                raise LookupError("the store names a token that it does not hold")
            self._tokens.append(read_token(msgspec.msgpack.decode(row)))
        return self._tokens[number]

    def find(self, kind: IdentifierKind, blind_index: bytes) -> bytes | None:
        """Return the packed reference that an identifier leads to; None if it is not in the index."""
        found: bytes | None = self._get(KIND_BYTES[kind] + blind_index[:INDEX_SIZE], None, self._index)
        return found

    def find_erased(self, kind: IdentifierKind, blind_index: bytes) -> frozenset[str]:
        """Return the erased subjects that an identifier once led to."""
        packed = self._transaction.get(index_key(kind, blind_index), db=self._databases.stones)
        return frozenset() if packed is None else unpack_refs(packed)

    def state(self, packed_ref: bytes) -> bytes | None:
        """Return the bytes of a subject's state; None if there is no such subject."""
        found: bytes | None = self._get(packed_ref, None, self._people)
        return found

    def world(self) -> bytes | None:
        """Return the packed policies and register."""
        found: bytes | None = self._transaction.get(WORLD, db=self._databases.meta)
        return found

    def identity(self) -> bytes | None:
        """Return which keys the blind indexes were made with."""
        found: bytes | None = self._transaction.get(IDENTITY, db=self._databases.meta)
        return found

    def key(self, key_hash: bytes) -> bytes | None:
        """Return what is known of an API key; None if there is none of this hash."""
        found: bytes | None = self._transaction.get(key_hash, db=self._databases.keys)
        return found
