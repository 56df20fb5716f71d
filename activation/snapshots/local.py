"""Decisions from a store on this machine: one view at a time, renewed every few milliseconds."""

import logging
from collections.abc import Callable
from pathlib import Path
from struct import error as CutShort  # noqa: N812 - an error is named for what happened

import lmdb
import msgspec

from activation.decisions.types import SubjectState
from activation.snapshots.compact.general import decode_general
from activation.snapshots.compact.refs import pack_ref
from activation.snapshots.compact.versions import has_write
from activation.snapshots.freshness import age_of
from activation.snapshots.lanes.lane import Found, Lane, Unsettled
from activation.snapshots.lanes.world import Segment, World
from activation.snapshots.resolving import Resolver
from activation.snapshots.store.environment import boot_id, current, open_to_read
from activation.snapshots.store.forms import Poll
from activation.snapshots.store.reading import StoreReader
from activation.snapshots.store.worlds import unpack_world
from consent.kernel.errors import AccordantError
from consent.subjects.types import IdentifierKind, WriteToken

logger = logging.getLogger(__name__)

RENEWED_EVERY = 2_000_000
"""Nanoseconds that one view of the store is read from."""
LOOKED_FOR_EVERY = 200_000_000
"""Nanoseconds between looks for another generation of the store."""
_NEVER = -(1 << 62)
UNREADABLE_STORE = (lmdb.Error, msgspec.DecodeError, CutShort, ValueError, LookupError, TypeError, OSError)
"""What reading a store that is damaged, cut or of another format can raise."""


class LocalStore:
    """The store in one folder, whichever generation of it is current. Not for several threads at once."""

    def __init__(
        self,
        home: Path,
        *,
        resolver: Resolver,
        monotonic: Callable[[], int],
        identity: bytes | None = None,
    ) -> None:
        """Open nothing yet: a store that is not there can come later.

        `identity` tells the resolver's keys: a store made with others knows nobody, and counts as none.
        """
        self._identity = identity
        self.home, self.resolver, self._monotonic = home, resolver, monotonic
        self._boot = boot_id()
        self._folder: Path | None = None
        self._reader: StoreReader | None = None
        self._world: World | None = None
        self._segment: Segment | None = None
        self._world_version = -1
        self._renewed_at = self._looked_at = -RENEWED_EVERY - LOOKED_FOR_EVERY
        self.poll: Poll | None = None
        """The last complete poll in the view; None: there is no whole store."""
        self.held_since = self.keys_at = _NEVER
        """Monotonic times: what happened until then is surely in the view, of people and of API keys."""
        self.watermark = b"0"
        """The size of the ledger that the view rests on, in digits."""

    def look(self, now: int) -> Poll | None:
        """Read from a view that is at most a few milliseconds old at `now`; return its last complete poll."""
        if now - self._renewed_at > RENEWED_EVERY:
            self.renew(now)
        return self.poll

    def renew(self, now: int) -> None:
        """Read from a new view. A store that cannot be read counts as none."""
        try:
            if now - self._looked_at > LOOKED_FOR_EVERY or self._reader is None:
                self._look_for_generation(now)
            if self._reader is not None:
                self._reader.renew()
                self._take_poll(self._reader)
                self._read_world(self._reader)
        except (*UNREADABLE_STORE, AccordantError):
            logger.warning("the decision store cannot be read", exc_info=True)
            self.close()
        self._renewed_at = now

    def age(self, now: int) -> int | None:
        """Return for how many nanoseconds the view may have lacked something; None if there is no telling."""
        return age_of(self.poll, now=now, boot=self._boot)

    def rest(self) -> None:
        """Hold no view while nobody asks."""
        if self._reader is not None:
            self._reader.rest()
            self._renewed_at = -RENEWED_EVERY

    def close(self) -> None:
        """Forget the store; the next look opens it again."""
        reader, self._reader, self._folder = self._reader, None, None
        self.poll, self._world, self._segment, self._world_version = None, None, None, -1
        self.held_since = self.keys_at = _NEVER
        if reader is not None:
            reader.close()

    def segment(self, at: int) -> Segment:
        """Return what is decided by at `at` (microseconds since 1970), policy and register.

        :raises Unsettled: if there is no store.
        """
        segment = self._segment
        if segment is None or not segment.start <= at < segment.end:
            if self._world is None:
                raise Unsettled
            segment = self._segment = self._world.segment(at)
        return segment

    def key(self, key_hash: bytes) -> bytes | None:
        """Return what is known of an API key; None if it does not work, or there is no store."""
        return None if self._reader is None else self._reader.key(key_hash)

    def reader(self) -> StoreReader:
        """Return what reads the view; it may be used until the next look.

        :raises Unsettled: if there is no store.
        """
        if self._reader is None:
            raise Unsettled
        return self._reader

    def decide(self, lane: Lane, kind: IdentifierKind, digest: bytes, indexes: list[bytes], at: int) -> Found:
        """Return the lane's answer about whom an identifier leads to.

        `digest` is the SHA-256 of its normalised value, and `indexes` what the resolver made of it.

        :raises Unsettled: if the store cannot tell: the ledger itself must be asked.
        """
        reader = self._reader
        if reader is None:
            raise Unsettled
        for index in indexes:
            if (ref := reader.find(kind, index)) is not None:
                if (state := reader.state(ref)) is None:
                    raise Unsettled
                return lane.answer(ref, state, at)
        erased = reader.find_erased(kind, self.resolver.stone(kind, digest))
        return lane.answer_state(self._read_erased(reader, erased), at) if erased else lane.nobody(at)

    def has_write(self, kind: IdentifierKind, indexes: list[bytes], write: WriteToken) -> bool:
        """Return whether the state of the person whom an identifier leads to rests on `write`.

        :raises Unsettled: if there is no store.
        """
        if self._reader is None:
            raise Unsettled
        refs = [ref for index in indexes if (ref := self._reader.find(kind, index))]
        state = self._reader.state(refs[0]) if refs else None
        return state is not None and has_write(refs[0], state, write)

    def decide_ref(self, lane: Lane, ref: bytes, at: int) -> Found:
        """Return the lane's answer about the subject with this packed reference.

        :raises Unsettled: if the store cannot tell: the ledger itself must be asked.
        """
        state = None if self._reader is None else self._reader.state(ref)
        if state is None:
            raise Unsettled
        return lane.answer(ref, state, at)

    def _read_erased(self, reader: StoreReader, refs: frozenset[str]) -> SubjectState:
        states = [reader.state(pack_ref(ref)) for ref in sorted(refs)]
        groups = [decode_general(state, asked=refs) for state in states if state]
        if len(groups) < len(refs):
            raise Unsettled
        members = {member.subject_ref: member for group in groups for member in group.members}
        links = dict.fromkeys(link for group in groups for link in group.links)
        return SubjectState(asked=refs, members=tuple(members.values()), links=tuple(links))

    def _take_poll(self, reader: StoreReader) -> None:
        """Take over what the view says of its own age; of another boot's clock, nothing."""
        poll = self.poll = reader.poll
        is_ours = poll is not None and poll.boot == self._boot
        self.held_since = poll.held_since if poll is not None and is_ours else _NEVER
        self.keys_at = reader.keys_at if is_ours else _NEVER
        self.watermark = b"%d" % poll.watermark if poll is not None else b"0"

    def _look_for_generation(self, now: int) -> None:
        self._looked_at = now
        folder = current(self.home)
        if folder != self._folder:
            self.close()
            if folder is not None:
                self._reader, self._folder = StoreReader(open_to_read(folder)), folder
                if self._identity is not None and self._reader.identity() != self._identity:
                    raise ValueError("the store was made with other keys")

    def _read_world(self, reader: StoreReader) -> None:
        """Compile the policies again if they changed; a lane lives as long as what it rests on."""
        version = -1 if reader.poll is None else reader.poll.world_version
        if version != self._world_version:
            packed = reader.world()
            policies, register = unpack_world(packed) if packed else ([], {})
            self._world = World(policies=policies, register=register, dictionary=reader)
            self._segment, self._world_version = None, version
