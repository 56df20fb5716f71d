"""Held members judged anew: what each holding's question is answered now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.decisions.types import Decision, SubjectState
from activation.enforcement.membership.types import Held, Member
from activation.enforcement.suppression.finding.asking import Ground
from activation.enforcement.suppression.finding.causes import Origin
from activation.enforcement.suppression.finding.people import NOBODY, Asked, identify, load_states
from activation.enforcement.suppression.finding.setting_down import Denial
from activation.snapshots.queries import open_snapshot
from consent.ledger.queries import get_time


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

    @property
    def member(self) -> Member:
        """The member as the holding knows them."""
        return self.candidate.member

    @property
    def subject_ref(self) -> str:
        """Whom the answer counts for: the member, or whom a stranger turned out to be. Empty: a stranger."""
        return self.member.ref or min(self.asked, default="")

    def deny(self, origin: Origin) -> Denial:
        """Return the denial to be set down."""
        return Denial(
            holding=self.candidate.holding,
            member=self.member,
            subject_ref=self.subject_ref,
            reason=self.decision.reason,
            origin=origin,
        )


def lay_ground() -> Ground:
    """Return what answers of now rest on, by the database's clock."""
    now = get_time()
    with open_snapshot(at=now) as snapshot:
        return Ground.lay(policy=snapshot.policy, register=snapshot.register, now=now)


def judge(ground: Ground, candidates: Sequence[Candidate]) -> list[Judged]:
    """Return the answer about each of `candidates`. Their states are loaded together.

    :raises KeysUnavailable: if the keys that open facts cannot be asked for.
    """
    found = identify([one.member for one in candidates])
    asked = [
        whom if one.member.ref else whom | one.found_by for one, whom in zip(candidates, found, strict=True)
    ]
    states = load_states(asked)
    decided: dict[tuple[int, Asked], Decision] = {}  # a person may be in many segments of one holding
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
