"""Held members judged anew: what each holding's question is answered now.

An allow that owes the recipient the person's string, or a string that lets it, is none for whoever has no
such string any more: a run would hold them back, so the destination may not hold them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from activation.decisions.types import NOT_HONOURED, Decision, SubjectState
from activation.enforcement.membership.types import Held, Member
from activation.enforcement.strings.lacking import Answer, list_lacking, name_reading
from activation.enforcement.suppression.finding.asking import Ground
from activation.enforcement.suppression.finding.causes import Origin, trace_to_record
from activation.enforcement.suppression.finding.people import NOBODY, Asked, identify, load_states
from activation.enforcement.suppression.finding.setting_down import Denial
from activation.enforcement.suppression.types import Cause
from activation.snapshots.queries import open_snapshot
from consent.ledger.queries import get_time

_Place = tuple[int, Asked]
"""Who is held where: one answer, however many segments hold them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of a holding who is to be judged."""

    holding: Held
    member: Member
    found_by: Asked = NOBODY
    """Which references led to a stranger, beside those that what was sent leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A member, and the answer of now."""

    candidate: Candidate
    asked: Asked
    """Whom the member is: several, if a stranger's identifiers lead to several."""
    state: SubjectState
    decision: Decision
    now: datetime
    lacks_string: bool = False
    """Whether the decision is an allow that owes a string, and there is none that can be sent."""

    @property
    def may_stay(self) -> bool:
        """Whether the destination may hold them still."""
        return self.decision.allowed and not self.lacks_string

    @property
    def reason(self) -> str:
        """Why they may, or may not: as a run would say it."""
        return NOT_HONOURED if self.lacks_string else self.decision.reason.value

    @property
    def member(self) -> Member:
        """The member as the holding knows them."""
        return self.candidate.member

    @property
    def subject_ref(self) -> str:
        """Whom the answer counts for: the member, or whom a stranger turned out to be. Empty: a stranger."""
        return self.member.ref or min(self.asked, default="")

    def trace_back(self) -> Origin:
        """Return where a denial comes from that nothing led to. When a string was lost then, nobody noted."""
        if self.lacks_string:
            return Origin(Cause.STRING, self.now)
        return trace_to_record(self.decision, self.state, self.now)

    def deny(self, origin: Origin) -> Denial:
        """Return the denial to be set down."""
        return Denial(
            holding=self.candidate.holding,
            member=self.member,
            subject_ref=self.subject_ref,
            reason=self.reason,
            origin=origin,
        )


def lay_ground() -> Ground:
    """Return what answers of now rest on, by the database's clock."""
    now = get_time()
    with open_snapshot(at=now) as snapshot:
        policy, register = snapshot.policy, snapshot.register
        reading = name_reading(policy, register)
        return Ground.lay(policy=policy, register=register, now=now, reading=reading)


def judge(ground: Ground, candidates: Sequence[Candidate]) -> list[Judged]:
    """Return the answer about each of `candidates`. Their states are loaded together, and so are strings.

    :raises KeysUnavailable: if the keys that open facts or strings cannot be asked for.
    :raises MappingUnreadable: if what strings are read by cannot be any more.
    """
    judged = judge_without_strings(ground, candidates)
    if not ground.reads_strings:
        return judged
    answers = {
        _place(one): Answer(one.decision, one.asked, one.candidate.holding.controller) for one in judged
    }
    lacking = list_lacking(list(answers.values()), at=ground.now)
    those = {place for place, lacks in zip(answers, lacking, strict=True) if lacks}
    return [replace(one, lacks_string=True) if _place(one) in those else one for one in judged]


def judge_without_strings(ground: Ground, candidates: Sequence[Candidate]) -> list[Judged]:
    """Return the engine's answer about each of `candidates`, whatever strings they have.

    :raises KeysUnavailable: if the keys that open facts cannot be asked for.
    """
    found = identify([one.member for one in candidates])
    asked = [
        whom if one.member.ref else whom | one.found_by for one, whom in zip(candidates, found, strict=True)
    ]
    states = load_states(asked)
    decided: dict[_Place, Decision] = {}  # a person may be in many segments of one holding
    for one, whom in zip(candidates, asked, strict=True):
        place = one.holding.id, whom
        if place not in decided:
            decided[place] = ground.decide(one.holding, states[whom])
    return [
        Judged(
            candidate=one,
            asked=whom,
            state=states[whom],
            decision=decided[one.holding.id, whom],
            now=ground.now,
        )
        for one, whom in zip(candidates, asked, strict=True)
    ]


def _place(one: Judged) -> _Place:
    return one.candidate.holding.id, one.asked
