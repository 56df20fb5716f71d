"""Whether anything may be decided now: only by a store that lacks nothing older than the bound."""

from collections.abc import Callable
from dataclasses import dataclass

from activation.decisions.types import Question
from activation.enforcement.streaming.types import NotReady
from activation.snapshots.compact.times import from_micros
from activation.snapshots.freshness import SECOND
from activation.snapshots.lanes.lane import Lane, Unsettled
from activation.snapshots.lanes.world import Segment
from activation.snapshots.local import LocalStore
from activation.snapshots.store.reading import StoreReader


@dataclass(frozen=True, slots=True)
class Clocks:
    """What tells the time."""

    monotonic: Callable[[], int]
    """Nanoseconds."""
    micros: Callable[[], int]
    """Microseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What one batch of events is decided by: one view of the store, and one moment."""

    reader: StoreReader
    lane: Lane
    segment: Segment
    at: int
    """In microseconds since 1970."""
    held_since: int
    """By the monotonic clock: what was recorded until then is in the view."""
    looked_at: int
    """By the monotonic clock: when the last whole look at the feed began that the view has."""
    watermark: int
    world: tuple[object, ...]
    """What tells these policies and this register from others."""
    holds: tuple[object, ...]
    """What changes with anything that is recorded."""


class Readiness:
    """Opens what may be decided by, and closes it again when it is too old."""

    def __init__(self, store: LocalStore, *, question: Question, bound: int, clocks: Clocks) -> None:
        """Take the store; `bound` is how many nanoseconds it may lack what happened."""
        self._store, self._question, self._bound, self._clocks = store, question, bound, clocks

    def open(self) -> Basis:
        """Return what to decide by; use it at once, it is of this moment.

        :raises NotReady: if nothing may be decided now.
        """
        now, at = self._clocks.monotonic(), self._clocks.micros()
        poll = self._store.look(now)
        if poll is None:
            raise NotReady(
                "there is no whole decision store of this service's keys: start run_tailer on this machine,"
                " with the same ACCORDANT_SNAPSHOTS and keys, or wait until it has caught up"
            )
        self._refuse_old(self._store.age(now))
        try:
            reader, segment = self._store.reader(), self._store.segment(at)
        except Unsettled:
            raise NotReady("the decision store cannot be read: see what run_tailer says") from None
        _refuse_without_policy(segment, at)
        world = (poll.world_version, reader, segment.start)
        return Basis(
            reader=reader,
            lane=segment.lane(self._question),
            segment=segment,
            at=at,
            held_since=self._store.held_since,
            looked_at=poll.started,
            watermark=poll.watermark,
            world=world,
            holds=(*world, poll.watermark),
        )

    def still_holds(self, *, held_since: int, world: tuple[object, ...]) -> bool:
        """Return whether what was decided may still be acted on: by policies and a register that hold.

        :raises NotReady: if it rests on a view that lacks too much by now, or none can be had.
        """
        self._refuse_old(self._clocks.monotonic() - held_since)
        return self.open().world == world

    def age(self) -> float | None:
        """Return for how many seconds the store may lack what happened; None if there is no telling."""
        now = self._clocks.monotonic()
        self._store.look(now)
        age = self._store.age(now)
        return None if age is None else age / SECOND

    def rest(self) -> None:
        """Hold no view while nothing is decided."""
        self._store.rest()

    def _refuse_old(self, age: int | None) -> None:
        if age is None or not 0 <= age <= self._bound:
            raise NotReady(
                f"the decision store may lack what happened in more than the last {self._bound // SECOND} s:"
                " see whether run_tailer and run_sequencer run, and reach PostgreSQL"
            )


def _refuse_without_policy(segment: Segment, at: int) -> None:
    policy, moment = segment.policy, from_micros(at)
    until = policy.in_force_until
    if not (policy.intact and policy.in_force_from <= moment and (until is None or moment < until)):
        raise NotReady("no policy is in force: publish one")
