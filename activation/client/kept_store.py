"""The snapshot as checks read it: in the process that also writes it."""

import secrets
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from activation.client.clock import Clock
from activation.decisions.reasons import Effect
from activation.decisions.types import Member, SubjectState
from activation.snapshots.compact.general import GENERAL, UNREADABLE, decode_general
from activation.snapshots.compact.refs import unpack_ref
from activation.snapshots.lanes.lane import Found, Lane, Unsettled
from activation.snapshots.lanes.world import Segment
from activation.snapshots.local import RENEWED_EVERY, LocalStore
from activation.snapshots.resolving import Resolver
from activation.snapshots.store.environment import Databases
from activation.snapshots.store.reading import StoreReader
from consent.subjects.types import IdentifierKind, Link

NO_KEYS = Resolver({}, {})


class View(NamedTuple):
    """What is decided from while nothing can have changed but the people's own times."""

    since: int
    """By the client's clock; both ends are within."""
    until: float
    clock_offset: int
    state: Callable[[bytes], bytes | None]
    """Returns the bytes of a subject's state; None if there is no such subject."""
    segment: Segment
    watermark: int


NO_VIEW = View(0, -1, 0, lambda _: None, None, 0)  # type: ignore[arg-type]  # nothing lies within it


class KeptStore(LocalStore):
    """Reads the generation that it was given last. Not for several threads at once.

    What an earlier session wrote of its freshness counts for nothing: a store is fresh once this session has
    polled to the feed's end.
    """

    def __init__(self, clock: Clock) -> None:
        """Read nothing yet."""
        super().__init__(Path(), resolver=NO_KEYS, monotonic=clock)
        self._databases: Databases | None = None
        self.last_view = NO_VIEW
        """What `view` returned, while nothing happened to it."""
        self.clock_offset = 0
        """Nanoseconds from this machine's clock to the ledger's, as the last complete poll had them."""
        self.begin_session()

    def begin_session(self) -> bytes:
        """Take no poll for complete that was made until now; return the mark of those that will be."""
        self._boot = secrets.token_bytes(16)
        self.expect_news()
        self.poll, self.held_since = None, -(1 << 62)
        return self._boot

    def take(self, databases: Databases | None, resolver: Resolver) -> None:
        """Read from `databases` from now on; whoever opened the others closes them."""
        self.close()
        self._databases, self.resolver = databases, resolver
        self.expect_news()

    def expect_news(self) -> None:
        """Let the next look be at what was written last."""
        self._renewed_at, self.last_view = -(1 << 62), NO_VIEW

    def renew(self, now: int) -> None:
        """Read from a new view. A store that cannot be read counts as none."""
        self.last_view = NO_VIEW
        super().renew(now)

    def rest(self) -> None:
        """Hold no view while nobody asks."""
        self.last_view = NO_VIEW
        super().rest()

    def close(self) -> None:
        """Let go of the view; the environment is the writer's."""
        self.last_view = NO_VIEW
        if self._reader is not None:
            self._reader.rest()
            self._reader = None
        super().close()

    def find(self, lane: Lane, kind: IdentifierKind, digest: bytes, at: int) -> Found:
        """Return the lane's answer about whom an identifier leads to.

        Somebody erased leads nowhere here, as a stranger does. Where strangers are denied, so is everybody
        erased; where they are allowed, only the service can tell the two apart.

        :raises Unsettled: if the snapshot cannot tell; :raises KeyError: if it has no keys of this kind.
        """
        reader = self._reader
        if reader is None:
            raise Unsettled
        for index in self.resolver.indexes(kind, digest):
            if ref := reader.find(kind, index):
                return self.decide_ref(lane, ref, at)
        found = lane.nobody(at)
        if found[0].decision.effect is Effect.ALLOW:
            raise Unsettled
        return found

    def find_all(self, lane: Lane, named: Sequence[tuple[IdentifierKind, bytes]], at: int) -> Found:
        """Return the lane's answer about whom several identifiers lead to together.

        One that leads nowhere beside one that does may be an erased person's: only the service can tell.

        :raises Unsettled: if the snapshot cannot tell; :raises KeyError: if it has no keys of a kind.
        """
        refs = {self._ref_of(kind, digest) for kind, digest in named}
        if refs == {None}:
            kind, digest = named[0]
            return self.find(lane, kind, digest, at)
        found = {ref for ref in refs if ref is not None}
        if len(found) < len(refs):
            raise Unsettled
        if len(found) == 1:
            return self.decide_ref(lane, found.pop(), at)
        return lane.answer_state(self._read_several(found), at)

    def _ref_of(self, kind: IdentifierKind, digest: bytes) -> bytes | None:
        if self._reader is None:
            raise Unsettled
        found = (self._reader.find(kind, index) for index in self.resolver.indexes(kind, digest))
        return next((ref for ref in found if ref), None)

    def _read_several(self, refs: Collection[bytes]) -> SubjectState:
        """Return the state of those who were asked about together: who is linked to nobody stands bare in it,
        because several people whom no link joins are denied, whatever else is on record.
        """
        asked = frozenset(unpack_ref(ref) for ref in refs)
        members: dict[str, Member] = {ref: Member(subject_ref=ref, version=0) for ref in asked}
        links: dict[Link, None] = {}
        for ref in refs:
            state = self._reader.state(ref) if self._reader else None
            if state is None or state == UNREADABLE:
                raise Unsettled
            if state[0] == GENERAL:
                group = decode_general(state, asked=asked)
                members |= {member.subject_ref: member for member in group.members}
                links |= dict.fromkeys(group.links)
        return SubjectState(asked=asked, members=tuple(members.values()), links=tuple(links))

    def view(self, now: int, bound: int) -> View | None:
        """Return what may be decided from for a few milliseconds; None if the snapshot is not fresh.

        :raises Unsettled: if there is no snapshot, though a poll is on record.
        """
        poll = self.look(now)
        if poll is None or not 0 <= now - self.held_since <= bound:
            return None
        if self._reader is None:
            raise Unsettled
        segment = self.segment((now + self.clock_offset) // 1_000)
        turn = 1_000 * segment.end - self.clock_offset - 1
        until = min(self._renewed_at + RENEWED_EVERY, self.held_since + bound, turn)
        state, watermark = self._reader.state, poll.watermark
        self.last_view = View(now, until, self.clock_offset, state, segment, watermark)
        return self.last_view

    def _look_for_generation(self, now: int) -> None:
        self._looked_at = now
        if self._reader is None and self._databases is not None:
            self._reader = StoreReader(self._databases)
