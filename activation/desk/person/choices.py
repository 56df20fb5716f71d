"""What a person's choices come to now, purpose by purpose: their own words, not yet a decision. Pure.

Which no stands, and which yes lifts it, is the engine's: `activation.decisions.standing`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from activation.decisions.compiled import Rule
from activation.decisions.standing import Standing, covers
from activation.decisions.types import Member, Question, SubjectState
from activation.decisions.view import View
from consent.policies.types import LegalBasis
from consent.records.types import ANY_PURPOSE, NEUTRAL, NO, OFFICER, YES, Choice, ChoiceInForce, ChoiceRecord
from consent.subjects.types import Fact, SubjectGroup, SubjectRef

_KNOWN = datetime.max.replace(tzinfo=UTC)
_EVERY_NO = Rule(rule_id="", basis=LegalBasis.CONSENT)
"""A rule that heeds every no, and asks nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What holds for one purpose, towards one controller or several."""

    purpose: str
    controllers: tuple[str, ...]
    """Empty: towards every one."""
    spoken: ChoiceInForce
    is_over: bool = False
    """A yes whose time has passed."""

    @property
    def is_inherited(self) -> bool:
        """Whether it was said of more than this purpose."""
        return self.spoken.purpose != self.purpose


def sum_up(
    group: SubjectGroup,
    choices: Mapping[SubjectRef, Sequence[ChoiceInForce]],
    facts: Mapping[SubjectRef, Sequence[Fact]],
    *,
    purposes: Iterable[str],
    deaf_to_signals: Collection[str],
    controllers: Sequence[str],
    at: datetime,
) -> list[Holds]:
    """Return what holds for each purpose that anything was said of, by purpose and controller.

    An opt-out signal is no word about the purposes of `deaf_to_signals`. What was said of one destination
    alone stands beside it, as it was said.
    """
    said = [one for found in choices.values() for one in found]
    known = {one.record_id: one for one in said}
    spoken_of = {one.purpose for one in said if one.purpose != ANY_PURPOSE}
    towards = sorted({*controllers, *(one.controller for one in said if one.controller)}) or [""]
    views = {controller: _view(group, choices, facts, controller, at) for controller in towards}
    found: list[Holds] = []
    for purpose in sorted({*purposes, *spoken_of} or {ANY_PURPOSE}):
        heeds = purpose not in deaf_to_signals
        touching = [
            one for one in said if covers(one.purpose, purpose) and (heeds or one.choice is not Choice.SIGNAL)
        ]
        by_controller = {
            controller: holds
            for controller in towards
            if touching and (holds := _find(views[controller], purpose, known, heeds_signals=heeds))
        }
        found += _gather(purpose, by_controller, len(towards))
        found += _of_destinations(purpose, touching)
    return found


def _view(
    group: SubjectGroup,
    choices: Mapping[SubjectRef, Sequence[ChoiceInForce]],
    facts: Mapping[SubjectRef, Sequence[Fact]],
    controller: str,
    at: datetime,
) -> View:
    members = tuple(
        Member(
            subject_ref=one.ref,
            version=one.version,
            choices=tuple(_as_record(choice) for choice in choices.get(one.ref, ())),
            facts=tuple(facts.get(one.ref, ())),
            erased_at=one.erased_at,
        )
        for one in group.members
    )
    state = SubjectState(asked=group.asked, members=members, links=group.links)
    return View(state, Question(purpose="", destination="", controller=controller), at, _KNOWN)


def _as_record(choice: ChoiceInForce) -> ChoiceRecord:
    """Return a choice in force as the engine reads records. That a yes was confirmed is settled by then."""
    return ChoiceRecord(
        record_id=choice.record_id,
        subject_ref=choice.subject_ref,
        version=choice.version,
        purpose=choice.purpose,
        choice=Choice.GRANTED if choice.choice in YES else choice.choice,
        effective_at=choice.effective_at,
        recorded_at=choice.recorded_at,
        controller=choice.controller,
        destination=choice.destination,
        expires_at=choice.expires_at,
        back_dated=choice.back_dated,
    )


def _find(
    view: View, purpose: str, known: Mapping[str, ChoiceInForce], *, heeds_signals: bool
) -> Holds | None:
    """Return what holds: a no that stands, else the latest yes, else what was left open."""
    controller, at = view.question.controller, view.moment
    standing = Standing(view, _EVERY_NO, purpose, heeds_signals=heeds_signals)
    no, yes = standing.standing_no(), next(standing.governing(), None)
    spoken = no[1] if no else yes or _find_open(view, purpose, controller)
    if spoken is None:
        return None
    found = known[spoken.record_id]
    is_over = found.choice in YES and found.expires_at is not None and found.expires_at <= at
    return Holds(purpose=purpose, controllers=(controller,), spoken=found, is_over=is_over)


def _find_open(view: View, purpose: str, controller: str) -> ChoiceRecord | None:
    left = [
        one
        for one in view.records
        if one.choice in NEUTRAL | OFFICER
        and covers(one.purpose, purpose)
        and one.controller in {None, controller}
        and one.destination is None
    ]
    return left[-1] if left else None


def _gather(purpose: str, found: Mapping[str, Holds], controllers: int) -> Iterator[Holds]:
    """Yield what holds once for all the controllers that it holds towards."""
    together: dict[str, list[str]] = {}
    for controller, holds in found.items():
        together.setdefault(holds.spoken.record_id, []).append(controller)
    for record_id, towards in together.items():
        holds = next(one for one in found.values() if one.spoken.record_id == record_id)
        is_everyones = len(towards) == controllers and holds.spoken.controller is None
        yield replace(holds, purpose=purpose, controllers=() if is_everyones else tuple(towards))


def _of_destinations(purpose: str, touching: Iterable[ChoiceInForce]) -> Iterator[Holds]:
    for one in touching:
        if one.destination is not None and (one.purpose == purpose or one.choice in NO):
            yield Holds(purpose=purpose, controllers=(one.controller,) if one.controller else (), spoken=one)
