"""One writer of an audience at a time: S3 has no lock, but it has writes on a condition.

The lock is an object that names who writes. It is taken, kept and freed by writes that the store refuses if
somebody else's came in between. What a dead writer left is taken over by the same act repeated at once, and
by others when it has not been kept for as long as it says; that is told by the store's clock, never by ours.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec
import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore import PutMode

from activation.destinations.kinds.object_store.store import telling
from consent.network.errors import DeliveryFailed, DeliveryRefused

_BETWEEN_TRIALS_SECONDS = 0.1
_KEPT_TIMES = 4
"""It is kept this many times before it could be taken over."""


class _Note(msgspec.Struct, frozen=True):
    """What stands in the lock."""

    act: str
    """The run or removal that writes; empty: nobody does."""
    token: str
    seconds: float


class _Found(msgspec.Struct, frozen=True):
    note: _Note
    e_tag: str
    kept_at: datetime


class Lock:
    """The right to write an audience, as long as it is kept."""

    def __init__(self, store: S3Store, key: str, act: UUID, seconds: float) -> None:
        self._store, self._key, self._act, self._seconds = store, key, str(act), seconds
        self._e_tag = ""
        self._kept_at = 0.0

    def confirm(self) -> None:
        """Say that we still write.

        :raises DeliveryFailed: if somebody else took over, or it cannot be said.
        """
        if not self._write({"e_tag": self._e_tag}, act=self._act):
            raise DeliveryFailed(
                "another process took the audience over in the object store: this one wrote nothing"
            )

    def fencing(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the pieces; the end only if we still may write. An upload that does not end is never seen."""
        with ThreadPoolExecutor(1) as elsewhere:  # the library does not let itself be asked while it reads
            for piece in pieces:
                if time.monotonic() - self._kept_at > self._seconds / _KEPT_TIMES:
                    elsewhere.submit(self.confirm).result()
                yield piece
            elsewhere.submit(self.confirm).result()

    def take(self) -> bool:
        """Return whether nobody else writes now, and we do."""
        found = self._find()
        if found is None:
            return self._write("create", act=self._act)
        if found.note.act in ("", self._act) or self._is_left(found):
            return self._write({"e_tag": found.e_tag}, act=self._act)
        return False

    def free(self) -> None:
        """Let others write. If that cannot be said, they wait until the lock was not kept for long enough."""
        with suppress(DeliveryFailed, DeliveryRefused):
            self._write({"e_tag": self._e_tag}, act="")

    def _write(self, mode: "PutMode", *, act: str) -> bool:
        """Return whether the lock says this now: not if somebody else's word came in between."""
        note = _Note(act=act, token=uuid4().hex, seconds=self._seconds)
        began = time.monotonic()
        with telling():
            try:
                put = obstore.put(self._store, self._key, msgspec.json.encode(note), mode=mode)
                self._e_tag = put["e_tag"] or ""
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                if isinstance(error, FileNotFoundError) and "NoSuchBucket" in str(error):
                    raise
                found = self._find()
                if found is None or found.note.token != note.token:
                    return False
                self._e_tag = found.e_tag  # it was written, the answer was lost, and it was asked again
        self._kept_at = began
        return True

    def _find(self) -> _Found | None:
        with telling():
            try:
                found = obstore.get(self._store, self._key)
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None
            content = bytes(found.bytes())
        try:
            note = msgspec.json.decode(content, type=_Note)
        except msgspec.DecodeError:
            note = _Note(act="somebody", token="", seconds=self._seconds)
        return _Found(note, found.meta["e_tag"] or "", found.meta["last_modified"])

    def _is_left(self, found: _Found) -> bool:
        """Return whether it was not kept for as long as it says: the store writes both times."""
        clock = f"{self._key}-clock"
        with telling():
            obstore.put(self._store, clock, uuid4().bytes)
            now = obstore.head(self._store, clock)["last_modified"]
        return now - found.kept_at > timedelta(seconds=found.note.seconds)


@contextmanager
def hold_lock(
    store: S3Store, key: str, act: UUID, *, seconds: float, patience_seconds: float = 0.0
) -> Iterator[Lock]:
    """Give the right to write, for which is waited that long.

    :raises DeliveryFailed: if somebody else has it, or the store cannot be asked.
    :raises DeliveryRefused: if the store knows no writes on a condition.
    """
    lock, ends_at = Lock(store, key, act, seconds), time.monotonic() + patience_seconds
    while not lock.take():
        if time.monotonic() >= ends_at:
            raise DeliveryFailed(
                "another process is writing this audience into the object store: run again when it is done"
            )
        time.sleep(_BETWEEN_TRIALS_SECONDS)
    try:
        yield lock
    finally:
        lock.free()
