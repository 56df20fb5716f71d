"""Following the feed: each step is one page, written to the snapshot as a whole."""

import hashlib
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import error as CutShort  # noqa: N812 - an error is named for what happened
from threading import Lock

import lmdb
import msgspec

from activation.client.channel import Channel
from activation.client.clock import Clock
from activation.client.errors import CallerRefused, SnapshotOutdated
from activation.client.kept_store import NO_KEYS, KeptStore
from activation.snapshots.compact.general import UNREADABLE, decode_general
from activation.snapshots.exchange.bodies import ChangesPage, Group, KeysPage, Lead
from activation.snapshots.exchange.sealing import PageRefused
from activation.snapshots.resolving import Resolver
from activation.snapshots.store.environment import (
    Databases,
    boot_id,
    current,
    make_current,
    new_generation,
    open_to_write,
)
from activation.snapshots.store.forms import FORMAT, Cursor, Poll, unpack_cursor, unpack_poll
from activation.snapshots.store.writing import CURSOR, IDENTITY, POLL, WORLD, Changes, StoreWriter
from consent.kernel.signing import VerifyKey

logger = logging.getLogger(__name__)

_NOBODY: frozenset[str] = frozenset()
_UNREADABLE = (lmdb.Error, msgspec.DecodeError, CutShort, ValueError, LookupError, TypeError, OSError)


@dataclass(slots=True)
class _Kept:
    """One generation of the snapshot, and how far it goes."""

    folder: Path
    databases: Databases
    writer: StoreWriter
    cursor: Cursor | None = None
    """How far the feed was read; None: the first page of people is not there yet."""
    last_ref: str = ""
    """The last person fetched, while there are more."""
    world_digest: bytes = b""
    world_version: int = 0
    is_shown: bool = False


class Follower:
    """Keeps the snapshot in `home` by the service's pages. One thread calls it; checks read under `lock`."""

    def __init__(
        self,
        *,
        home: Path,
        channel: Channel,
        verify_key: VerifyKey,
        store: KeptStore,
        lock: Lock,
        clock: Clock,
    ) -> None:
        self._home, self._channel, self._verify_key = home, channel, verify_key
        self._store, self._lock, self._clock = store, lock, clock
        self._session = store.begin_session()
        self._kept: _Kept | None = None
        self._keys: KeysPage | None = None
        self._begins_anew = False

    def poll(self) -> bool:
        """Read one page of changes, and return whether the feed's end was reached.

        A snapshot that is missing, or is not of this ledger or these keys, is fetched anew first.

        :raises CallerRefused: if the service does not let this key read: nothing is fresh from then on.
        :raises PageRefused: if what came is not what the service sealed in answer to this request.
        :raises ServiceUnavailable: if nothing of use came.
        """
        try:
            keys = self._keys = self._keys or self._channel.keys()
            kept = self._kept = self._kept or self._open(keys) or self._begin(keys)
            if kept.cursor is None or kept.last_ref:
                self._fetch_people(kept, keys)
            return self._follow(kept, keys)
        except CallerRefused:
            self._expire()
            raise
        except (SnapshotOutdated, lmdb.Error) as reason:
            logger.warning("the snapshot is fetched anew: %s", reason)
            self._discard()
            return False

    def close(self) -> None:
        """Give the files back."""
        with self._lock:
            self._store.take(None, NO_KEYS)
        if self._kept is not None:
            self._kept.databases.environment.close()
            self._kept = None

    def _follow(self, kept: _Kept, keys: KeysPage) -> bool:
        started = self._clock()  # before the question leaves: what happens meanwhile is not in the answer
        page = self._channel.changes(kept.cursor or Cursor(), kept.world_digest)
        _hold_against(page.identity, keys)
        if page.world is not None and hashlib.sha256(page.world).digest() != page.world_digest:
            raise PageRefused("the policies are not those that the page names")
        self._take(kept, page, started)
        return page.reached_end

    def _take(self, kept: _Kept, page: ChangesPage, started: int) -> None:
        cursor = Cursor(page.position, page.last_hash)
        version = kept.world_version + (page.world is not None)
        poll = self._poll_of(page, started, version)
        with kept.writer.writing() as changes:
            _write(changes, page.groups, page.leads)
            if page.world is not None:
                changes.put_world(page.world)
            changes.put_cursor(cursor)
            if poll is not None:
                changes.put_poll(poll)
        kept.cursor, kept.world_digest, kept.world_version = cursor, page.world_digest, version
        if poll is not None:
            self._show(kept, 1_000 * page.now - started)

    def _poll_of(self, page: ChangesPage, started: int, world_version: int) -> Poll | None:
        """Return what makes the snapshot fresh; None if the page is not the last one.

        None as well if a write has waited for longer than the clock has run, of which no time can be told.
        """
        pending_since = started - 1_000 * page.pending_for
        if not page.reached_end or pending_since < 0:
            return None
        return Poll(
            boot=self._session,
            started=started,
            pending_since=pending_since,
            complete_at=page.now - page.pending_for,
            watermark=page.position,
            world_version=world_version,
            keys_version=0,
        )

    def _show(self, kept: _Kept, clock_offset: int) -> None:
        """Let checks read what was written; the first time, the snapshot becomes the current one."""
        with self._lock:
            self._store.clock_offset = clock_offset
            self._store.expect_news()
            if not kept.is_shown:
                keys = {} if self._keys is None else self._keys.keys
                resolver = Resolver({kind: tuple(each) for kind, each in keys.items()}, {})
                self._store.take(kept.databases, resolver)
        if not kept.is_shown:
            make_current(self._home, kept.folder)
            kept.is_shown = True

    def _open(self, keys: KeysPage) -> _Kept | None:
        """Return the snapshot that an earlier session left, if it can be gone on with."""
        folder = None if self._begins_anew else current(self._home)
        if folder is None:
            return None
        with suppress(*_UNREADABLE):
            databases = open_to_write(folder)
            try:
                return self._take_over(folder, databases, keys)
            except (*_UNREADABLE, SnapshotOutdated):
                databases.environment.close()
        return None

    def _take_over(self, folder: Path, databases: Databases, keys: KeysPage) -> _Kept:
        writer = StoreWriter(databases)
        with writer.writing() as changes:
            cursor, poll, world = changes.get(CURSOR), changes.get(POLL), changes.get(WORLD)
            if cursor is None or poll is None or changes.get(IDENTITY) != self._identity(keys):
                raise SnapshotOutdated("the snapshot is another service's, or was not finished")
            version = unpack_poll(poll).world_version
        digest = hashlib.sha256(world).digest() if world else b""
        return _Kept(
            folder,
            databases,
            writer,
            cursor=unpack_cursor(cursor),
            world_digest=digest,
            world_version=version + 1,  # the version of that poll, or of one that did not reach the end
        )

    def _begin(self, keys: KeysPage) -> _Kept:
        """Return a new snapshot with nobody in it."""
        folder = new_generation(self._home)
        databases = open_to_write(folder)
        writer = StoreWriter(databases)
        with writer.writing() as changes:
            changes.put_identity(self._identity(keys))
        self._begins_anew = False
        return _Kept(folder, databases, writer)

    def _fetch_people(self, kept: _Kept, keys: KeysPage) -> None:
        """Write everybody, from where the last try ended. The feed is followed from the first page on."""
        while kept.cursor is None or kept.last_ref:
            page = self._channel.people(kept.last_ref)
            _hold_against(page.identity, keys)
            with kept.writer.writing() as changes:
                _write(changes, page.groups, page.leads)
            kept.cursor = kept.cursor or Cursor(page.position, page.last_hash)
            kept.last_ref = page.last_ref

    def _identity(self, keys: KeysPage) -> bytes:
        """Return what a snapshot must be of to be gone on with: service, keys, kinds, format, and boot.

        Files that were not saved before the machine stopped may be damaged.
        """
        parts = (self._verify_key.text, keys.identity.hex(), ",".join(self._channel.kinds), str(FORMAT))
        return hashlib.sha256("\n".join(parts).encode() + boot_id()).digest()

    def _expire(self) -> None:
        """Let nothing be fresh until the feed's end is reached again."""
        with self._lock:
            self._session = self._store.begin_session()

    def _discard(self) -> None:
        self._expire()
        self.close()
        self._keys, self._begins_anew = None, True


def _hold_against(identity: bytes, keys: KeysPage) -> None:
    if identity != keys.identity:
        raise SnapshotOutdated("the keys of identifiers changed")


def _write(changes: Changes, groups: Iterable[Group], leads: Iterable[Lead]) -> None:
    for group in groups:
        state = None if group.state == UNREADABLE else decode_general(group.state, asked=_NOBODY)
        changes.put_state(group.refs, state)
    for lead in leads:
        changes.put_index(lead.kind, lead.index, lead.ref)
