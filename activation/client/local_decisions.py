"""Decisions from the snapshot, while it is fresh."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from struct import error as CutShort  # noqa: N812 - an error is named for what happened
from threading import Lock

import lmdb
import msgspec

from activation.client.answers import Answer, Source, deny, verdict_of
from activation.client.clock import Clock
from activation.client.kept_store import KeptStore, View
from activation.client.questions import ONLY_SERVICE, Subject, Terms, question_of
from activation.decisions.reasons import Reason
from activation.decisions.types import Question
from activation.snapshots.compact.refs import pack_ref
from activation.snapshots.freshness import SECOND
from activation.snapshots.lanes.lane import Lane, Unsettled
from activation.snapshots.lanes.world import Segment
from consent.kernel.errors import AccordantError
from consent.subjects.rules import MalformedIdentifier, read_digest
from consent.subjects.types import IdentifierKind

_MOST_LANES = 4_000
_SNAPSHOT = Source.SNAPSHOT
CANNOT_TELL = (Unsettled, AccordantError, lmdb.Error, msgspec.DecodeError, CutShort, LookupError, ValueError)
"""What reading a snapshot raises that does not hold the answer."""
_KINDS = {kind.value: kind for kind in IdentifierKind} | {
    "user": IdentifierKind.USER_ID
}  # AuthZEN's own word


class ControllerMissing(AccordantError):
    """The policy has several controllers, and the question names none."""

    code = "controller_missing"


@dataclass(frozen=True, slots=True)
class Turn:
    """The snapshot while it is one caller's; what its view gives may be kept no longer than the turn."""

    store: KeptStore
    view: View | None
    """What may be decided from; None: the snapshot is not fresh."""
    now: int
    """By the client's clock."""


class LocalDecisions:
    """Answers what the snapshot can tell; checks of several threads take turns."""

    def __init__(
        self, *, store: KeptStore, lock: Lock, clock: Clock, bound: int, honours: frozenset[str]
    ) -> None:
        """Take the snapshot; `bound` is how many nanoseconds it may lack what happened."""
        self._store, self._lock, self._clock = store, lock, clock
        self._bound, self._honours = bound, honours
        self._segment: Segment | None = None
        self._lanes: dict[tuple[str, str, str], Lane] = {}

    def is_fresh(self) -> bool:
        """Return whether the snapshot may be decided from."""
        now = self._clock()
        with self._lock:
            return self._store.look(now) is not None and 0 <= now - self._store.held_since <= self._bound

    def decide(
        self, subject: Subject, purpose: str, destination: str, controller: str, terms: Terms
    ) -> Answer | None:
        """Return the answer; None if only the service can tell.

        :raises TypeError: if that is no question.
        """
        try:
            return self._decide(subject, purpose, destination, controller, terms)
        except (MalformedIdentifier, ControllerMissing) as error:
            return deny(error.code)
        except CANNOT_TELL:
            return None

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Give the snapshot to one caller, for as short as can be: checks wait meanwhile.

        :raises Unsettled: if it cannot be read.
        """
        with self._lock:
            now = self._clock()
            yield Turn(self._store, self._look(now), now)

    def rest(self) -> None:
        """Hold no view of the snapshot while nobody asks."""
        with self._lock:
            self._store.rest()

    def _decide(
        self, subject: Subject, purpose: str, destination: str, controller: str, terms: Terms
    ) -> Answer | None:
        now = self._clock()
        with self._lock:
            view = self._store.last_view
            if not view.since <= now <= view.until:
                found = self._look(now)
                if found is None:
                    return None
                view = found
            if terms:
                lane = self._open_unusual(view.segment, purpose, destination, controller, terms, now)
            else:
                lane = self._lanes.get((purpose, destination, controller)) or self._open(
                    view.segment, purpose, destination, controller
                )
            at = (now + view.clock_offset) // 1_000
            if isinstance(subject, str):
                ref = pack_ref(subject)
                state = view.state(ref)
                if state is None:
                    return deny(Reason.SUBJECT_UNKNOWN.value)
                outcome, times = lane.answer(ref, state, at)
            else:
                kind = _KINDS[subject[0]]
                kind, digest = read_digest(kind, subject[1])
                outcome, times = self._store.find(lane, kind, digest, at)
        allowed, reason, obligations = verdict_of(outcome, self._honours)
        return Answer(allowed, reason, obligations, view.watermark, _SNAPSHOT, outcome, times)

    def _look(self, now: int) -> View | None:
        """Return a view to decide from; None if the snapshot is not fresh."""
        view = self._store.view(now, self._bound)
        if view is None:
            return None
        if view.segment is not self._segment or len(self._lanes) >= _MOST_LANES:
            self._segment, self._lanes = view.segment, {}
        return view

    def _open(self, segment: Segment, purpose: str, destination: str, controller: str) -> Lane:
        """Return the lane of a usual question, to be found at once the next time."""
        question = Question(purpose=purpose, destination=destination, controller=controller)
        lane = segment.lane(name_controller(question, segment))
        self._lanes[purpose, destination, controller] = lane
        return lane

    def _open_unusual(
        self, segment: Segment, purpose: str, destination: str, controller: str, terms: Terms, now: int
    ) -> Lane:
        """Return the lane of a question on terms of its own.

        :raises Unsettled: if only the service can keep them.
        """
        staleness = terms.get("max_staleness_s")
        if ONLY_SERVICE & terms.keys():
            raise Unsettled
        if staleness is not None and now - self._store.held_since > staleness * SECOND:
            raise Unsettled
        question = question_of(purpose, destination, controller, terms)
        return segment.lane(name_controller(question, segment))


def name_controller(question: Question, segment: Segment) -> Question:
    """Return the question with the policy's only controller, if it names none.

    :raises ControllerMissing: if the policy has several.
    """
    if question.controller:
        return question
    slugs = list(segment.policy.establishments)
    if len(slugs) > 1:
        raise ControllerMissing("name the controller: the policy has several")
    return replace(question, controller=slugs[0] if slugs else "")
