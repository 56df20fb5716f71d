"""The callers that the store knows, and what a request's head says of its own."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from activation.checks.server.http import Head
from activation.checks.types import Caller, Limits, LiveKey
from activation.checks.wire.request_id import read_request_id
from activation.snapshots.compact.times import to_micros

_ECHO = b"x-request-id"


class _Row(msgspec.Struct, array_like=True, frozen=True):
    name: str
    scopes: list[str]
    client_id: int
    key_id: int
    is_test: bool
    questions_per_minute: int | None
    identifiers_per_day: int | None
    expires_at: int


def pack_keys(keys: Iterable[LiveKey]) -> dict[bytes, bytes]:
    """Return what the store keeps of each key, by its hash."""
    return {key.key_hash: msgspec.msgpack.encode(_row_of(key)) for key in keys}


def _row_of(key: LiveKey) -> _Row:
    caller = key.caller
    return _Row(
        caller.name,
        sorted(caller.scopes),
        caller.client_id,
        caller.key_id,
        caller.is_test,
        caller.limits.questions_per_minute,
        caller.limits.identifiers_per_day,
        to_micros(key.expires_at),
    )


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """A caller as the store knows it."""

    caller: Caller
    expires_at: int
    """Microseconds since 1970."""


def known_caller(key: LiveKey | None) -> KnownCaller | None:
    """Return the caller of a key just read from PostgreSQL; None if there is none."""
    return None if key is None else KnownCaller(key.caller, to_micros(key.expires_at))


def unpack_key(packed: bytes) -> KnownCaller:
    """Return the caller of a key that `pack_keys` packed.

    :raises msgspec.DecodeError: if it is none.
    """
    row = msgspec.msgpack.decode(packed, type=_Row)
    caller = Caller(
        name=row.name,
        scopes=frozenset(row.scopes),
        client_id=row.client_id,
        key_id=row.key_id,
        is_test=row.is_test,
        limits=Limits(
            questions_per_minute=row.questions_per_minute, identifiers_per_day=row.identifiers_per_day
        ),
    )
    return KnownCaller(caller, row.expires_at)


def hash_of_key(head: Head) -> bytes | None:
    """Return the hash of the key that a head carries; None if it carries none."""
    words = head.headers.get(b"authorization", b"").split()
    if len(words) != 2 or words[0].lower() != b"bearer" or not words[1].isascii():
        return None
    return hashlib.sha256(words[1]).digest()


def echo_of(head: Head) -> bytes:
    """Return the line that gives the request's own id back; empty if it has none that can be."""
    sent = head.headers.get(_ECHO)
    read = None if sent is None else read_request_id(sent.decode("latin-1"))
    return b"" if read is None else b"X-Request-ID: %b\r\n" % read.encode()


def is_expired(known: KnownCaller, at: datetime) -> bool:
    """Return whether the caller's key has ended at `at`."""
    return known.expires_at <= to_micros(at)
