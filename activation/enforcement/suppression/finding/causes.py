"""What made a destination hold somebody it may not hold, and since when that is so. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.decisions.reasons import Reason
from activation.decisions.types import Decision, SubjectState
from activation.enforcement.suppression.types import Cause
from consent.records.types import NO

SAID_NO = frozenset(
    {Reason.OBJECTED, Reason.OPTED_OUT, Reason.OPT_OUT_SIGNAL, Reason.REFUSED, Reason.WITHDRAWN}
)
NOT_URGENT = frozenset({Cause.EXPIRY, Cause.POLICY})
"""Nobody waits for an answer to these: they go behind what people said."""
_SIGNAL_RECORDED = "signal_recorded"
_NO = frozenset(choice.value for choice in NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry of the ledger that speaks of a person."""

    index: int
    event_id: str
    recorded_at: datetime
    kind: str
    choice: str = ""
    """What was chosen, if it tells of a choice."""

    @property
    def says_no(self) -> bool:
        """Whether somebody said no, or was erased, by this entry."""
        return self.choice in _NO or self.kind == "subject_erased"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a denial comes from."""

    cause: Cause
    since: datetime
    """When the no was recorded, or began to hold."""
    entry: int | None = None
    """The ledger's, that told of it."""


def trace_to_entries(decision: Decision, told: Sequence[Told], ends_at: datetime | None) -> Origin:
    """Return where a denial comes from that entries led to: `told`, in order, at least one.

    It is counted from the record that decided, if that is among them; else from the first that says no.
    """
    speaking = _speaking(decision, told)
    if decision.reason is Reason.EXPIRED:
        since = speaking.recorded_at if ends_at is None else min(speaking.recorded_at, ends_at)
        return Origin(Cause.EXPIRY, since, speaking.index)
    cause = cause_of(decision.reason)
    if cause is Cause.CHANGE and any(one.choice in _NO for one in told):
        cause = Cause.WITHDRAWAL  # of a purpose that this one requires
    return Origin(cause, speaking.recorded_at, speaking.index)


def trace_string_to_entries(told: Sequence[Told]) -> Origin:
    """Return where it comes from that somebody lacks a string that is owed: `told`, in order, at least one.

    A no by which the string does not hold is a withdrawal; a string that came is none, although it may be
    one that takes back what the older one granted to the destination.
    """
    if no := _first(one for one in told if one.says_no):
        return Origin(Cause.WITHDRAWAL, no.recorded_at, no.index)
    string = _first(one for one in told if one.kind == _SIGNAL_RECORDED) or told[0]
    return Origin(Cause.STRING, string.recorded_at, string.index)


def trace_to_record(decision: Decision, state: SubjectState, now: datetime) -> Origin:
    """Return where a denial comes from that nothing led to: it is found in what is on record."""
    records = (record for member in state.members for record in member.choices)
    found = (record.recorded_at for record in records if record.record_id == decision.record_id)
    return Origin(cause_of(decision.reason), next(found, now))


def cause_of(reason: Reason) -> Cause:
    """Return the cause that an answer's reason speaks for by itself."""
    if reason is Reason.SUBJECT_ERASED:
        return Cause.ERASURE
    if reason is Reason.EXPIRED:
        return Cause.EXPIRY
    return Cause.WITHDRAWAL if reason in SAID_NO else Cause.CHANGE


def _speaking(decision: Decision, told: Sequence[Told]) -> Told:
    decided = _first(one for one in told if one.event_id == decision.record_id)
    return decided or _first(one for one in told if one.says_no) or told[0]


def _first(told: Iterable[Told]) -> Told | None:
    return next(iter(told), None)
