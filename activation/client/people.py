"""Deciding many people by one moment, from the snapshot alone: where it cannot tell, the answer is no."""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from activation.client.kept_store import KeptStore, View
from activation.client.local_decisions import (
    CANNOT_TELL,
    ControllerMissing,
    LocalDecisions,
    Turn,
    name_controller,
)
from activation.client.questions import ONLY_SERVICE, Terms, question_of
from activation.client.verdicts import Decided
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Obligation, Question
from activation.snapshots.freshness import SECOND
from activation.snapshots.lanes.lane import Found, Lane
from consent.kernel.errors import AccordantError
from consent.subjects.types import IdentifierKind

logger = logging.getLogger(__name__)

Person = bytes | tuple[tuple[IdentifierKind, bytes], ...]
"""A packed subject reference; or the kind and digest of each identifier given: without any, it is nobody."""
AT_ONCE = 1_000
"""People decided before others have their turn, and before the snapshot's age is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question about many people, and the moment that all of them are decided by."""

    question: Question
    max_staleness: int
    """Nanoseconds that the snapshot may lack what happened, if that is less than the client's own bound."""
    at: int
    """In microseconds since 1970, by the ledger's clock."""
    policy: CompiledPolicy
    """The one in force at that moment."""

    @property
    def possible(self) -> list[tuple[Obligation, ...]]:
        """What each rule that may apply can ask for."""
        rules = self.policy.rules_for(self.question.purpose, self.question.controller)
        return [rule.obligations for rule in rules.values()]


class NotDecidable(AccordantError):
    """Nobody can be decided now; `code` is the reason of a deny."""

    def __init__(self, reason: str) -> None:
        super().__init__("nobody can be decided now")
        self.code = str(reason)


class PeopleDecisions:
    """Decides people in bulk. It asks no service: whom the service would be asked about is denied."""

    def __init__(self, local: LocalDecisions, *, kinds: Collection[IdentifierKind]) -> None:
        """Decide from what `local` decides from; `kinds` are those that people are found by."""
        self._local, self.kinds = local, frozenset(kinds)

    def open(self, purpose: str, destination: str, controller: str, terms: Terms) -> Asked:
        """Return the question, to be decided as of now.

        :raises NotDecidable: if the snapshot is not fresh, or the policy does not know whose question it is.
        :raises TypeError: if there is a term that does not exist, or that only the service can keep.
        """
        question = read_question(purpose, destination, controller, terms)
        longest = int(terms.get("max_staleness_s", float(1 << 30)) * SECOND)
        with self._turn(longest) as (_, view, now):
            at = (now + view.clock_offset) // 1_000
            try:
                named = name_controller(question, view.segment)
            except ControllerMissing as error:
                raise NotDecidable(error.code) from error
            return Asked(question=named, max_staleness=longest, at=at, policy=view.segment.policy)

    def decide(self, asked: Asked, people: Sequence[Person]) -> Decided:
        """Return what is decided of each of `people`. Whoever cannot be decided is denied; nothing rises."""
        decided = Decided()
        for start in range(0, len(people), AT_ONCE):
            part = people[start : start + AT_ONCE]
            try:
                self._decide_some(asked, part, decided)
            except NotDecidable as error:
                decided.deny_up_to(start + len(part), error.code)
            except Exception as error:  # noqa: BLE001 - who cannot be decided is denied, whatever is wrong
                logger.warning("people cannot be decided: %s", type(error).__name__)
                decided.deny_up_to(start + len(part), Reason.STATE_UNAVAILABLE.value)
        return decided

    def _decide_some(self, asked: Asked, people: Sequence[Person], decided: Decided) -> None:
        with self._turn(asked.max_staleness) as (store, view, _):
            segment = store.segment(asked.at)
            lane = segment.lane(asked.question)
            decided.rest_on(view.watermark, segment.policy)
            for person in people:
                try:
                    found = _find(store, view, lane, person, asked.at)
                except CANNOT_TELL:
                    found = Reason.STATE_UNAVAILABLE
                if isinstance(found, Reason):
                    decided.deny(found.value)
                else:
                    decided.add(found)

    @contextmanager
    def _turn(self, longest: int) -> Iterator[tuple[KeptStore, View, int]]:
        """Give the snapshot, if it lacks nothing older than `longest`.

        :raises NotDecidable: if it does, or cannot be read.
        """
        try:
            with self._local.turn() as turn:
                yield turn.store, _fresh_view(turn, longest), turn.now
        except NotDecidable:
            raise
        except CANNOT_TELL as error:
            raise NotDecidable(Reason.STATE_UNAVAILABLE) from error


def _fresh_view(turn: Turn, longest: int) -> View:
    has_polled = turn.store.poll is not None
    if turn.view is None or turn.now - turn.store.held_since > longest:
        raise NotDecidable(Reason.STATE_STALE if has_polled else Reason.STATE_UNAVAILABLE)
    return turn.view


def read_question(purpose: str, destination: str, controller: str, terms: Terms) -> Question:
    """Return the question about many people.

    :raises TypeError: if there is a term that does not exist, or that only the service can keep.
    """
    if ONLY_SERVICE & terms.keys():
        raise TypeError(f"only the service can keep {', '.join(sorted(ONLY_SERVICE))}")
    return question_of(purpose, destination, controller, terms)


def _find(store: KeptStore, view: View, lane: Lane, person: Person, at: int) -> Found | Reason:
    """Return what the snapshot tells of a person, or why they are denied.

    :raises Unsettled: and others of `CANNOT_TELL`, if it tells nothing.
    """
    if isinstance(person, bytes):
        state = view.state(person)
        return Reason.SUBJECT_UNKNOWN if state is None else lane.answer(person, state, at)
    if not person:
        found = lane.nobody(at)
        return Reason.SUBJECT_UNKNOWN if found[0].decision.effect is Effect.ALLOW else found
    if len(person) == 1:
        return store.find(lane, *person[0], at)
    return store.find_all(lane, person, at)
