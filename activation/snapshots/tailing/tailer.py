"""One look at the feed after another, each written to the store as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activation.destinations.queries import get_register
from activation.snapshots.compact.times import to_micros
from activation.snapshots.queries import consistent_view
from activation.snapshots.store.environment import boot_id
from activation.snapshots.store.forms import Cursor, Poll, unpack_cursor, unpack_poll
from activation.snapshots.store.worlds import pack_world
from activation.snapshots.store.writing import CURSOR, IDENTITY, POLL, Changes, StoreWriter
from activation.snapshots.tailing.people import People, read_people
from consent.ledger import queries as ledger
from consent.ledger.types import Stream, Touched
from consent.policies.queries import list_policies_from
from consent.subjects.queries import fingerprint
from consent.subjects.types import SubjectRef

MOST_ENTRIES = 2_000
"""Entries of the feed that one look takes at most."""

KEYS_READ_EVERY = 250_000_000
"""Nanoseconds between looks at the API keys: a revoked one is known long before a second has passed."""

KeyRows = Callable[[datetime], Mapping[bytes, bytes]]
"""Gives every API key that works at a time: what is known of it, by its hash."""


class StoreOutdated(Exception):
    """The store is not of this ledger, these keys or this boot: it must be built anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the ledger found."""

    started: int
    """Monotonic, in nanoseconds."""
    now: datetime
    """By the ledger's clock."""
    pending_since: datetime | None
    size: int
    cursor: Cursor
    people: People
    world: bytes | None
    """None: nothing changed of it."""

    @property
    def reached_end(self) -> bool:
        """Whether nothing of the feed is left to read."""
        return self.cursor.position >= self.size


class Tailer:
    """Keeps one generation of the store. `monotonic` counts nanoseconds."""

    def __init__(self, writer: StoreWriter, *, list_keys: KeyRows, monotonic: Callable[[], int]) -> None:
        """Take over a store where it was left.

        :raises StoreOutdated: if it cannot be gone on with.
        """
        self._writer, self._list_keys, self._monotonic = writer, list_keys, monotonic
        self._boot, self._keys = boot_id(), dict[bytes, bytes]()
        self._keys_read_at = -KEYS_READ_EVERY
        self._world_version = self._keys_version = monotonic()  # no earlier store had these numbers
        with writer.writing() as changes:
            self._cursor = self._take_over(changes)
        self._is_world_known = False

    def _take_over(self, changes: Changes) -> Cursor:
        cursor, poll, identity = changes.get(CURSOR), changes.get(POLL), changes.get(IDENTITY)
        if cursor is None or identity != fingerprint():
            raise StoreOutdated("the store was not finished, or is of other keys")
        if poll is not None:
            last = unpack_poll(poll)
            if last.boot != self._boot:
                raise StoreOutdated("the store is of another boot: it may not have been saved whole")
            self._world_version, self._keys_version = last.world_version, last.keys_version
        return unpack_cursor(cursor)

    def poll(self) -> bool:
        """Look once, write what is new, and return whether the feed's end was reached.

        :raises StoreOutdated: if the ledger is not the one that the store was read from.
        :raises DatabaseError: if it cannot be read; the store stays as it was.
        """
        look = self._look()
        keys = self._read_keys(look)
        with self._writer.writing() as changes:
            look.people.write(changes)
            if look.world is not None:
                changes.put_world(look.world)
            if keys != self._keys:
                changes.put_keys(keys)
            changes.put_keys_at(self._keys_read_at)
            changes.put_cursor(look.cursor)
            world_version = self._world_version + (look.world is not None)
            keys_version = self._keys_version + (keys != self._keys)
            if look.reached_end:
                changes.put_poll(self._poll_of(look, world_version, keys_version))
        self._cursor, self._keys, self._is_world_known = look.cursor, keys, True
        self._world_version, self._keys_version = world_version, keys_version
        return look.reached_end

    def _look(self) -> Look:
        started = self._monotonic()
        with consistent_view():
            now, size, pending = ledger.get_time(), ledger.get_size(), ledger.get_oldest_pending()
            touched = self._read_feed()
            speaks_of_world = any(entry.stream is Stream.POLICY for entry in touched)
            refs = dict.fromkeys(SubjectRef(entry.subject_ref) for entry in touched if entry.subject_ref)
            last = touched[-1] if touched else None
            return Look(
                started=started,
                now=now,
                pending_since=pending,
                size=size,
                cursor=Cursor(last.index + 1, last.leaf_hash) if last else self._cursor,
                people=read_people(list(refs)) if refs else People((), (), ()),
                world=read_world(now) if speaks_of_world or not self._is_world_known else None,
            )

    def _read_feed(self) -> list[Touched]:
        """Return the next entries; the last one read must still be what it was."""
        cursor = self._cursor
        found = ledger.list_touched(after=cursor.position, limit=MOST_ENTRIES)
        if not cursor.position:
            return found[:MOST_ENTRIES]
        if not found or (found[0].index, found[0].leaf_hash) != (cursor.position - 1, cursor.last_hash):
            raise StoreOutdated("the ledger is not the one that the store was read from")
        return found[1:]

    def _read_keys(self, look: Look) -> dict[bytes, bytes]:
        if look.started - self._keys_read_at >= KEYS_READ_EVERY:
            self._keys_read_at = look.started
            return dict(self._list_keys(look.now))
        return self._keys

    def _poll_of(self, look: Look, world_version: int, keys_version: int) -> Poll:
        waiting = (
            0 if look.pending_since is None else max(0, to_micros(look.now) - to_micros(look.pending_since))
        )
        complete = look.now if look.pending_since is None else min(look.now, look.pending_since)
        return Poll(
            boot=self._boot,
            started=look.started,
            pending_since=look.started - 1_000 * waiting,
            complete_at=to_micros(complete),
            watermark=look.size,
            world_version=world_version,
            keys_version=keys_version,
        )


def read_world(at: datetime) -> bytes:
    """Return the policies in force at `at` or later, and the register."""
    return pack_world(list_policies_from(at=at), get_register())
