"""Each holding's question, put to the engine again: may the destination still hold this person?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.register import Register
from activation.decisions.types import Decision, Question, SubjectState
from activation.enforcement.canaries.inquiries import lift_suspensions
from activation.enforcement.membership.types import Held
from activation.enforcement.membership.world import world_digest
from activation.enforcement.strings.lacking import UNREADABLE
from consent.records.types import YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every answer of one moment rests on, but the people."""

    policy: CompiledPolicy
    register: Register
    world: str
    """Digest of the policy, the register and what strings are read by: whoever was decided by another one is
    decided again."""
    now: datetime
    """By the database's clock."""
    reads_strings: bool = True
    """False: what they are read by cannot be. Nobody is judged by theirs, until this is another world."""

    @classmethod
    def lay(cls, *, policy: CompiledPolicy, register: Register, now: datetime, reading: str = "") -> "Ground":
        """Return the ground on which only what people said, the policy and time can make a denial.

        That a destination is suspended ends what it gets, not what it may hold: suspensions are lifted. That
        the policy will be followed by another one is no end of an allow: whoever sees the other one in force
        decides everybody again.
        """
        return cls(
            policy=replace(policy, in_force_until=None),
            register=lift_suspensions(register),
            world=world_digest(policy, register, reading),
            now=now,
            reads_strings=reading != UNREADABLE,
        )

    def decide(self, holding: Held, state: SubjectState) -> Decision:
        """Return the engine's answer to the holding's question about one person."""
        question = Question(
            purpose=holding.purpose, destination=holding.destination, controller=holding.controller
        )
        return decide(self.policy, self.register, state, question, moment_of(state, self.now))


def moment_of(state: SubjectState, now: datetime) -> datetime:
    """Return the moment to decide `state` for: `now`, or later if something in it says so.

    Whoever wrote may have had a clock that was ahead, or the database's was set back since. A no that is on
    record counts, though it says that it begins in a minute; nobody would look at it again then.
    """
    return max((now, *_times_of(state)))


def _times_of(state: SubjectState) -> Iterator[datetime]:
    for member in state.members:
        if member.erased_at is not None:
            yield member.erased_at
        yield from (fact.recorded_at for fact in member.facts)
        for record in member.choices:
            yield record.recorded_at
            if record.choice not in YES:
                yield record.effective_at
    for link in state.links:
        yield from (link.recorded_at, link.linked_at)
        if link.unlinked_at is not None:
            yield link.unlinked_at
