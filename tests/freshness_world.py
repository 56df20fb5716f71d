"""A ledger of one person in a few lines, and the real tailer, store and application over it, on fake clocks.

The world can be put back to any moment that was saved, so that sequences of events share their beginnings.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from django.db import OperationalError

from activation.checks.answering import application as applications
from activation.checks.answering.application import CheckApplication
from activation.checks.answering.callers import hash_of_key, pack_keys
from activation.checks.answering.decision_log import DecisionLog
from activation.checks.answering.quick_lane import QuickLane
from activation.checks.answering.reference import Reference, ReferenceFailed
from activation.checks.answering.verifying import KeyVerifier
from activation.checks.limits import Meter
from activation.checks.server.http import Head
from activation.checks.types import Caller, LiveKey, Scope
from activation.snapshots import local
from activation.snapshots.compact.times import to_micros
from activation.snapshots.local import LocalStore
from activation.snapshots.resolving import Resolver
from activation.snapshots.store.environment import open_to_write
from activation.snapshots.store.forms import Cursor
from activation.snapshots.store.writing import CURSOR, KEYS_AT, POLL, WORLD, StoreWriter
from activation.snapshots.tailing import tailer as tailing
from activation.snapshots.tailing.people import People
from activation.snapshots.tailing.tailer import Tailer
from consent.ledger.types import Stream, Touched
from consent.records.tokens import sign_token
from consent.subjects.rules import digest_of, normalise
from consent.subjects.types import Identifier, IdentifierKind, IndexEntry, SubjectRef, WriteToken
from tests.decisions.test_laws import NO, YES, Said, alone, record
from tests.decisions.world import BASE, patched, policy_of, register_of
from tests.store_world import SharedStore, head_of, no_key

SECOND = 1_000_000_000
BOUND = 30 * SECOND
STEP = 3_000_000
"""Every event takes longer than a view of the store is read from."""
PAUSE = 11 * SECOND
POLL_LASTS = 9 * SECOND
REF = SubjectRef("sub_" + "5" * 32)
PERSON = Identifier(IdentifierKind.CUSTOMER_ID, "00001")
KEY = "acc_live_key"
_START = datetime(2026, 6, 1, 12, tzinfo=UTC)
_WORLD = patched(
    BASE,
    {
        "policy": {
            "purposes": {"ads.audience": {"requires": []}},
            "rules": {"ads-eu": {"age": None, "conditions": None}},
        }
    },
)
_STORED = (POLL, WORLD, CURSOR, KEYS_AT)


@dataclass(frozen=True, slots=True)
class Truth:
    """What was committed, and what the store must know of it by now."""

    now: int = STEP
    """Of the monotonic clock; the clock on the wall goes with it."""
    writes: tuple[int, ...] = (0,)
    """When each was committed. The first is a yes, the next a no, and so on in turn."""
    placed: int = 1
    """How many have a place in the feed; the others wait for theirs."""
    read: int = 0
    """How many the tailer has written to the store."""
    held_since: int | None = None
    """Until when the last complete poll vouches for all."""

    def is_yes(self, count: int) -> bool:
        """Return whether the person says yes after so many writes."""
        return count % 2 == 1

    def missing_since(self) -> int:
        """Return when the oldest write was committed that the store lacks; now if there is none."""
        return self.writes[self.read] if self.read < len(self.writes) else self.now


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything there is, to come back to."""

    truth: Truth
    tailer: Tailer
    store: LocalStore
    stored: dict[bytes, bytes | None]


class FreshnessWorld:
    """Carries out events. The sequencer is at work unless `sequencer_is_dead`."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch, *, sequencer_is_dead: bool = False) -> None:
        self._stand_in(patch)
        self.truth, self.sequencer_is_dead = Truth(), sequencer_is_dead
        self.fails = self.writes_meanwhile = False
        self.databases = open_to_write(home)
        self.writer = StoreWriter(self.databases)
        keys = dict.fromkeys(IdentifierKind, (b"k" * 32,))
        self.resolver = Resolver(keys, dict.fromkeys(IdentifierKind, b"s" * 32))
        self._write_beginning()
        self._heads = (head_of("/access/v1/evaluation", KEY), head_of("/access/v1/evaluation", KEY))
        self._tokens: dict[int, str] = {}
        self._meter = Meter()  # a new one takes milliseconds
        self.start()
        self.poll()

    def _stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Be the ledger that the tailer reads, one entry at a look. Keys are no matter here."""
        patch.setattr(tailing, "ledger", self)
        patch.setattr(tailing, "consistent_view", self.consistent_view)
        patch.setattr(tailing, "read_people", self.read_people)
        patch.setattr(tailing, "read_world", lambda _: b"world")
        patch.setattr(tailing, "fingerprint", lambda: b"keys")
        patch.setattr(tailing, "MOST_ENTRIES", 1)
        patch.setattr(local, "unpack_world", lambda _: (_POLICIES, _REGISTER))
        patch.setattr(applications, "KEYS_BOUND", 1_000 * SECOND)

    def _write_beginning(self) -> None:
        kind, digest = digest_of(normalise(PERSON))
        with self.writer.writing() as changes:
            changes.put_identity(b"keys")
            changes.put_cursor(Cursor())
            changes.put_index(kind, self.resolver.indexes(kind, digest)[0], REF)

    def start(self) -> None:
        """Start the tailer and the check server, over the store as it is."""
        self.tailer = Tailer(self.writer, list_keys=_list_keys, monotonic=self.monotonic)
        self.store: LocalStore = SharedStore(self.databases, resolver=self.resolver, monotonic=self.monotonic)
        self._use(self.store)

    def _use(self, store: LocalStore) -> None:
        self.store = store
        self.application = CheckApplication(
            store=store,
            lane=QuickLane(store=store, meter=self._meter, log=DecisionLog(None)),
            reference=cast("Reference", _NoReference()),
            verifier=KeyVerifier(no_key, monotonic=lambda: 0),
            bound=BOUND,
            micros=lambda: to_micros(self.wall()),
            monotonic=self.monotonic,
        )

    def monotonic(self) -> int:
        """Return the time in nanoseconds."""
        return self.truth.now

    def wall(self) -> datetime:
        """Return the time of day."""
        return _START + timedelta(microseconds=self.truth.now // 1000)

    def save(self) -> Moment:
        """Return everything as it is now."""
        with self.databases.environment.begin() as transaction:
            stored = {name: transaction.get(name, db=self.databases.meta) for name in _STORED}
            stored[b""] = transaction.get(bytes.fromhex("5" * 32), db=self.databases.people)
        return Moment(self.truth, copy.copy(self.tailer), copy.copy(self.store), stored)

    def restore(self, moment: Moment, *, is_stored: bool) -> None:
        """Put everything back; `is_stored` if nothing was written to the store since."""
        self.truth, self.tailer, store = moment.truth, copy.copy(moment.tailer), copy.copy(moment.store)
        if not is_stored:
            self._write_back(moment.stored)
        store._renewed_at = -SECOND  # its view is of what was taken back
        self._use(store)

    def _write_back(self, stored: dict[bytes, bytes | None]) -> None:
        with self.databases.environment.begin(write=True) as transaction:
            for name, value in stored.items():
                table = self.databases.meta if name else self.databases.people
                key = name or bytes.fromhex("5" * 32)
                if value is None:
                    transaction.delete(key, db=table)
                else:
                    transaction.put(key, value, db=table)

    def write(self) -> None:
        """Commit what the person says next."""
        writes = (*self.truth.writes, self.truth.now)
        placed = self.truth.placed if self.sequencer_is_dead else len(writes)
        self.truth = replace(self.truth, writes=writes, placed=placed)

    def poll(self) -> None:
        """Look at the feed once. Reading takes its time, in which `writes_meanwhile` commits."""
        before = self.truth
        self.tailer.poll()
        read = min(before.read + 1, before.placed)
        held = min([before.now, *before.writes[before.placed :]])
        self.truth = replace(
            self.truth, read=read, held_since=held if read == before.placed else before.held_since
        )

    def poll_in_vain(self) -> None:
        """Look at a feed that cannot be read to its end."""
        self.fails = True
        try:
            with pytest.raises(OperationalError):
                self.tailer.poll()
        finally:
            self.fails = False

    def pass_time(self) -> None:
        """Let a third of the bound go by, and a little more."""
        self.truth = replace(self.truth, now=self.truth.now + PAUSE)

    def restart(self) -> None:
        """Start everything again, the sequencer too: it gives their place to those that wait."""
        self.truth = replace(self.truth, placed=len(self.truth.writes))
        self.start()

    def ask(self, *, token: bool) -> bool | None:
        """Return what the store says, after the last write if `token`; None if it says nothing."""
        body = {
            "subject": {"type": "customer_id", "id": PERSON.value},
            "action": {"name": "ads.audience"},
            "resource": {"type": "destination", "id": "partner"},
            "context": {"controller": "acme", **({"at_least": self._token()} if token else {})},
        }
        answer = self.application.answer(self._heads[token], json.dumps(body).encode())
        if isinstance(answer, bytes):
            told = json.loads(answer.partition(b"\r\n\r\n")[2])
            assert told["context"]["reason"] in {"granted", "not_permitted"}
            return bool(told["decision"])
        cast("Any", answer).close()
        return None

    def _token(self) -> str:
        version = len(self.truth.writes)
        if version not in self._tokens:
            self._tokens[version] = sign_token(WriteToken(REF, version))
        return self._tokens[version]

    # What the tailer reads of the ledger:

    @contextmanager
    def consistent_view(self) -> Iterator[None]:
        """Give what is committed when it begins."""
        yield
        self.truth = replace(self.truth, now=self.truth.now + STEP)
        if self.writes_meanwhile:
            self.write()
        self.truth = replace(self.truth, now=self.truth.now + POLL_LASTS)

    def get_time(self) -> datetime:
        """Return the ledger's clock."""
        return self.wall()

    def get_size(self) -> int:
        """Return the feed's length."""
        return self.truth.placed

    def get_oldest_pending(self) -> datetime | None:
        """Return when the oldest write was recorded that waits for its place."""
        waiting = self.truth.writes[self.truth.placed :]
        return _START + timedelta(microseconds=waiting[0] // 1000) if waiting else None

    def list_touched(self, *, after: int, limit: int) -> list[Touched]:
        """Return the entries of the feed; the one before `after` comes first."""
        if self.fails:
            self.truth = replace(self.truth, now=self.truth.now + POLL_LASTS)
            raise OperationalError("the database went away")
        entries = [Touched(place, Stream.CONSENT, REF, b"%d" % place) for place in range(self.truth.placed)]
        return entries[max(after - 1, 0) :][: limit + 1]

    def read_people(self, _: object) -> People:
        """Return the person's state as of what the tailer is reading."""
        count = min(self.truth.read + 1, self.truth.placed)
        said = [_record(place, self.truth.writes[place]) for place in range(count)]
        state = alone(said, REF)
        members = tuple(replace(member, version=count) for member in state.members)
        index: tuple[IndexEntry, ...] = ()
        return People(((frozenset({REF}), replace(state, members=members)),), index, ())


def _record(place: int, moment: int) -> Any:
    at = _START + timedelta(microseconds=moment // 1000)
    said = record(Said(YES if place % 2 == 0 else NO), place)
    return replace(said, effective_at=at, recorded_at=at)


def _list_keys(at: datetime) -> dict[bytes, bytes]:
    head: Head = head_of("/", KEY)
    key_hash = hash_of_key(head)
    assert key_hash is not None
    caller = Caller(name="tool", scopes=frozenset({Scope.CHECK}), client_id=1, key_id=1)
    return pack_keys([LiveKey(key_hash=key_hash, expires_at=at + timedelta(days=9), caller=caller)])


class _NoReference:
    async def answer(self, *_: object) -> NoReturn:
        raise ReferenceFailed


_POLICIES, _REGISTER = [policy_of(_WORLD)], register_of(_WORLD)
