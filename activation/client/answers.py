"""Answers, wherever they come from."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import NOT_HONOURED, Obligation
from activation.snapshots.compact.times import from_micros
from activation.snapshots.lanes.outcomes import Outcome

MALFORMED = "malformed_question"


class Freshness(StrEnum):
    """What a client can answer from."""

    FRESH = "fresh"  # the snapshot
    STALE = "stale"  # the service
    UNREACHABLE = "unreachable"  # neither: everything is denied


class Source(StrEnum):
    """Where an answer comes from."""

    SNAPSHOT = "snapshot"
    SERVICE = "service"
    CLIENT = "client"  # a denial, because nobody could be asked


class Answer(msgspec.Struct, frozen=True, eq=False):
    """One answer. It is true, as a condition, only if it allows."""

    allowed: bool
    reason: str
    obligations: tuple[Obligation, ...] = ()
    """To be carried out before the data is used; the caller declared that it honours such."""
    watermark: int = 0
    """Size of the ledger that the answer rests on; 0: on none."""
    source: Source = Source.CLIENT
    _end: datetime | Outcome | None = None
    _times: Sequence[int] = ()

    @property
    def valid_until(self) -> datetime | None:
        """When the answer may change by time alone; None: not by time alone."""
        if not isinstance(self._end, Outcome):
            return self._end
        until = self._end.valid_until(self._times)
        return None if until is None else from_micros(until)

    def __bool__(self) -> bool:
        """Return whether the answer allows, so that `if client.check(…):` means what it seems to."""
        return self.allowed

    def __repr__(self) -> str:
        """Return what may stand in a log: nothing of the person."""
        return f"Answer(allowed={self.allowed}, reason={self.reason!r}, source={self.source.value!r})"


Verdict = tuple[bool, str, tuple[Obligation, ...]]
"""What many answers share: whether they allow, why, and the obligations."""


def deny(reason: str = Reason.STATE_UNAVAILABLE.value) -> Answer:
    """Return a denial that nobody but the client has made."""
    return Answer(False, reason)


def judge(
    *, allowed: bool, reason: str, obligations: Sequence[Obligation], honours: frozenset[str]
) -> Verdict:
    """Return the verdict for a caller that honours obligations of some kinds: under others, it is a deny."""
    if not allowed:
        return False, reason, ()
    if any(obligation.kind not in honours for obligation in obligations):
        return False, NOT_HONOURED, ()
    return True, reason, tuple(obligations)


def verdict_of(outcome: Outcome, honours: frozenset[str]) -> Verdict:
    """Return the verdict of a lane's outcome, worked out once for each set of kinds."""
    memo: dict[frozenset[str], Any] | None = outcome.memo
    if memo is None:
        memo = outcome.memo = {}
    verdict: Verdict | None = memo.get(honours)
    if verdict is None:
        decision = outcome.decision
        verdict = memo[honours] = judge(
            allowed=decision.effect is Effect.ALLOW and not decision.historic,
            reason=decision.reason.value,
            obligations=decision.obligations,
            honours=honours,
        )
    return verdict
