"""Writes of the store, each in the transaction that the tailer opened."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from activation.decisions.types import SubjectState
from activation.snapshots.compact.general import UNREADABLE
from activation.snapshots.compact.refs import pack_ref
from activation.snapshots.compact.states import encode_state
from activation.snapshots.compact.tokens import MOST_TOKENS, Token, read_token
from activation.snapshots.store.environment import Databases
from activation.snapshots.store.forms import Cursor, Poll, index_key, pack_refs
from activation.snapshots.store.wholeness import fill_up
from consent.subjects.types import IdentifierKind

POLL, WORLD, CURSOR, IDENTITY, KEYS_AT = b"poll", b"world", b"cursor", b"identity", b"keys_at"
TOKEN_COUNT = b"token_count"
"""Under it stands how many tokens there are: a number that was lost must not be given again."""


class StoreWriter:
    """The one writer of a store."""

    def __init__(self, databases: Databases) -> None:
        """Read the tokens that there are.

        :raises LookupError: if some of them are lost.
        """
        self._databases = databases
        self._numbers: dict[Token, int] = {}
        with databases.environment.begin() as transaction:
            for key, row in transaction.cursor(db=databases.tokens):
                self._numbers[read_token(msgspec.msgpack.decode(row))] = int.from_bytes(key, "big")
            counted = int.from_bytes(transaction.get(TOKEN_COUNT, db=databases.meta) or b"", "big")
        if list(self._numbers.values()) != list(range(counted)):
            raise LookupError("the store lacks some of its tokens")

    @contextmanager
    def writing(self) -> Iterator["Changes"]:
        """Give one transaction: all of it is seen at once, or nothing."""
        known = len(self._numbers)
        try:
            with self._databases.environment.begin(write=True) as transaction:
                yield Changes(self._databases, transaction, self._numbers)
        except BaseException:
            for token in list(self._numbers)[known:]:
                del self._numbers[token]
            raise
        fill_up(self._databases.environment)


class Changes:
    """What one transaction writes."""

    def __init__(self, databases: Databases, transaction: Any, numbers: dict[Token, int]) -> None:
        self._databases, self._transaction, self._numbers = databases, transaction, numbers

    def number_of(self, token: Token) -> int | None:
        """Return the number of `token`, a new one if it has none."""
        if (number := self._numbers.get(token)) is not None:
            return number
        following = len(self._numbers)
        if following >= MOST_TOKENS:
            return None
        row = msgspec.msgpack.encode(token.row())
        self._transaction.put(following.to_bytes(2, "big"), row, db=self._databases.tokens)
        self._put(TOKEN_COUNT, (following + 1).to_bytes(4, "big"))
        self._numbers[token] = following
        return following

    def token(self, number: int) -> Token:
        """Return the token of `number`."""
        return list(self._numbers)[number]

    def put_state(self, refs: Iterable[str], state: SubjectState | None) -> None:
        """Keep the state of a group for each of `refs`; None: it cannot be read."""
        text = UNREADABLE if state is None else encode_state(state, self)
        for ref in refs:
            self._transaction.put(pack_ref(ref), text, db=self._databases.people)

    def put_index(self, kind: IdentifierKind, blind_index: bytes, ref: str) -> None:
        """Let an identifier lead to `ref`, and to nobody else."""
        self._transaction.put(index_key(kind, blind_index), pack_ref(ref), db=self._databases.index)

    def put_stone(self, kind: IdentifierKind, blind_index: bytes, refs: Iterable[str]) -> None:
        """Let an identifier that is not in the index lead to the erased `refs`."""
        self._transaction.put(index_key(kind, blind_index), pack_refs(refs), db=self._databases.stones)

    def put_keys(self, rows: Mapping[bytes, bytes]) -> None:
        """Keep exactly these API keys, by the hash of each."""
        self._transaction.drop(self._databases.keys, delete=False)
        for key_hash, row in rows.items():
            self._transaction.put(key_hash, row, db=self._databases.keys)

    def put_keys_at(self, moment: int) -> None:
        """Keep when the API keys were read: monotonic, in nanoseconds."""
        self._put(KEYS_AT, moment.to_bytes(8, "big"))

    def put_world(self, packed: bytes) -> None:
        """Keep the policies and the register."""
        self._put(WORLD, packed)

    def put_cursor(self, cursor: Cursor) -> None:
        """Keep how far the feed was read."""
        self._put(CURSOR, cursor.pack())

    def put_identity(self, fingerprint: bytes) -> None:
        """Keep which keys the blind indexes were made with."""
        self._put(IDENTITY, fingerprint)

    def put_poll(self, poll: Poll) -> None:
        """Keep when the feed's end was reached."""
        self._put(POLL, poll.pack())

    def get(self, name: bytes) -> bytes | None:
        """Return what stands under `name`."""
        found: bytes | None = self._transaction.get(name, db=self._databases.meta)
        return found

    def _put(self, name: bytes, value: bytes) -> None:
        self._transaction.put(name, value, db=self._databases.meta)
