"""How keys and small values are written in the store."""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

import msgspec

from consent.subjects.types import IdentifierKind

FORMAT = 2
"""Of everything in the store. A reader of another format leaves the store alone, and it is built anew. 2: the
register says what destinations need as TCF vendors, which a reader of 1 would pass over."""
INDEX_SIZE = 16
"""Bytes kept of a blind index: 128 bits of an HMAC."""
KIND_BYTES = {
    kind: bytes([number])
    for number, kind in enumerate(
        (
            IdentifierKind.CUSTOMER_ID,
            IdentifierKind.USER_ID,
            IdentifierKind.EMAIL,
            IdentifierKind.PHONE,
            IdentifierKind.DEVICE_ID,
            IdentifierKind.ADVERTISING_ID,
            IdentifierKind.COOKIE_ID,
        ),
        start=1,
    )
}
"""The kinds that identifiers are kept under; their numbers never change."""


def index_key(kind: IdentifierKind, blind_index: bytes) -> bytes:
    """Return the key of an identifier."""
    return KIND_BYTES[kind] + blind_index[:INDEX_SIZE]


def pack_refs(refs: Iterable[str]) -> bytes:
    """Return several references."""
    return msgspec.msgpack.encode(sorted(refs))


def unpack_refs(packed: bytes) -> frozenset[str]:
    """Return the references that `pack_refs` packed."""
    return frozenset(msgspec.msgpack.decode(packed, type=list[str]))


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the feed was read."""

    position: int = 0
    """Entries read."""
    last_hash: bytes = b""
    """The leaf hash of the last one: by it the ledger is known again."""

    def pack(self) -> bytes:
        """Return the cursor in a few bytes."""
        return self.position.to_bytes(8, "big") + self.last_hash


def unpack_cursor(packed: bytes) -> Cursor:
    """Return the cursor that `Cursor.pack` packed."""
    return Cursor(int.from_bytes(packed[:8], "big"), packed[8:])


_POLL = Struct(">H16sQQQQQQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The last poll that reached the end of the feed. Monotonic times are this boot's, in nanoseconds."""

    boot: bytes
    """16 bytes that name the boot of the machine."""
    started: int
    """When the poll began."""
    pending_since: int
    """When the oldest write was recorded that had no place in the feed yet; `started` if there was none."""
    complete_at: int
    """By the ledger's clock, in microseconds since 1970: all that was recorded until then is in the store."""
    watermark: int
    """The feed's end then."""
    world_version: int
    """Counts the changes of policies and register."""
    keys_version: int
    """Counts the changes of API keys."""

    def pack(self) -> bytes:
        """Return the poll in a few bytes."""
        return _POLL.pack(
            FORMAT,
            self.boot,
            self.started,
            self.pending_since,
            self.complete_at,
            self.watermark,
            self.world_version,
            self.keys_version,
        )

    @property
    def held_since(self) -> int:
        """Since when the store may lack something: what came later than this is not surely in it."""
        return min(self.started, self.pending_since)


def unpack_poll(packed: bytes) -> Poll:
    """Return the poll that `Poll.pack` packed.

    :raises struct.error, ValueError: if it is none, or one of another format.
    """
    number, boot, started, pending, complete_at, watermark, world, keys = _POLL.unpack(packed)
    if number != FORMAT:
        raise ValueError(f"the store has the format {number}, not {FORMAT}")
    return Poll(
        boot=boot,
        started=started,
        pending_since=pending,
        complete_at=complete_at,
        watermark=watermark,
        world_version=world,
        keys_version=keys,
    )
