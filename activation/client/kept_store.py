"""The snapshot as checks read it: in the process that also writes it."""

import secrets
from pathlib import Path

from activation.client.clock import Clock
from activation.decisions.reasons import Effect
from activation.snapshots.lanes.lane import Found, Lane, Unsettled
from activation.snapshots.local import LocalStore
from activation.snapshots.resolving import Resolver
from activation.snapshots.store.environment import Databases
from activation.snapshots.store.reading import StoreReader
from consent.subjects.types import IdentifierKind

NO_KEYS = Resolver({}, {})


class KeptStore(LocalStore):
    """Reads the generation that it was given last. Not for several threads at once.

    What an earlier session wrote of its freshness counts for nothing: a store is fresh once this session has
    polled to the feed's end.
    """

    def __init__(self, clock: Clock) -> None:
        """Read nothing yet."""
        super().__init__(Path(), resolver=NO_KEYS, monotonic=clock)
        self._databases: Databases | None = None
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
        self._renewed_at = -(1 << 62)

    def close(self) -> None:
        """Let go of the view; the environment is the writer's."""
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

    def state(self, packed_ref: bytes) -> bytes | None:
        """Return the bytes of a subject's state; None if there is no such subject.

        :raises Unsettled: if there is no snapshot.
        """
        if self._reader is None:
            raise Unsettled
        return self._reader.state(packed_ref)

    def _look_for_generation(self, now: int) -> None:
        self._looked_at = now
        if self._reader is None and self._databases is not None:
            self._reader = StoreReader(self._databases)
