"""Which clock of the law serves which type of request. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.policies.law.types import Clock, LawTable
from consent.policies.law.words import ClockKind
from consent.requests.types import RequestType

ANSWERED = frozenset(
    {
        RequestType.ACCESS,
        RequestType.PORTABILITY,
        RequestType.ERASURE,
        RequestType.RECTIFICATION,
        RequestType.RESTRICTION,
        RequestType.AUTOMATED_DECISION,
    }
)
"""What the periods for an answer were written for: they are acknowledged, extended and refused."""

KINDS: Mapping[RequestType, tuple[ClockKind, ...]] = {
    **dict.fromkeys(ANSWERED, (ClockKind.RESPOND,)),
    RequestType.AUTOMATED_DECISION: (ClockKind.AUTOMATED_DECISION, ClockKind.RESPOND),
    RequestType.OBJECTION: (ClockKind.DIRECT_MARKETING_OBJECTION, ClockKind.OPT_OUT, ClockKind.RESPOND),
    RequestType.OPT_OUT: (ClockKind.OPT_OUT, ClockKind.DIRECT_MARKETING_OBJECTION, ClockKind.RESPOND),
    RequestType.LIMIT_SENSITIVE: (
        ClockKind.LIMIT_SENSITIVE,
        ClockKind.CONSENT_WITHDRAWAL,
        ClockKind.OPT_OUT,
        ClockKind.RESPOND,
    ),
    RequestType.WITHDRAWAL: (ClockKind.CONSENT_WITHDRAWAL, ClockKind.OPT_OUT, ClockKind.RESPOND),
    RequestType.COMPLAINT: (ClockKind.GRIEVANCE, ClockKind.RESPOND),
    RequestType.APPEAL: (ClockKind.APPEAL, ClockKind.RESPOND),
}
"""The kinds of clock that serve a type: the first one that the law there has. An objection is taken for one
to direct marketing, since nothing is weighed before it is honoured."""

ACKNOWLEDGED: Mapping[RequestType, ClockKind] = {
    **dict.fromkeys(ANSWERED, ClockKind.ACKNOWLEDGE),
    RequestType.COMPLAINT: ClockKind.COMPLAINT_ACKNOWLEDGE,
}

_BORROWING = frozenset({RequestType.COMPLAINT, RequestType.APPEAL})


@dataclass(frozen=True, slots=True)
class ChosenClock:
    """The clock of a request."""

    clock: Clock
    is_borrowed: bool = False
    """The law sets no time for this type: that for an answer is taken, without pause or extension."""
    lead: str = ""
    """What an explanation begins with, where the date is not simply the law's."""


def choose_clock(law: LawTable, jurisdiction: str, request_type: RequestType) -> ChosenClock | None:
    """Return the clock that serves the type there; None if the law there has none."""
    for kind in KINDS[request_type]:
        if clock := law.first(Clock, jurisdiction, kind=kind):
            if kind is not ClockKind.RESPOND or request_type not in _BORROWING:
                return ChosenClock(clock)
            lead = (
                f"The law on record sets no time for this {request_type}, so the time for an answer applies"
            )
            return ChosenClock(clock, is_borrowed=True, lead=lead)
    return None


def choose_acknowledgement(law: LawTable, jurisdiction: str, request_type: RequestType) -> Clock | None:
    """Return the clock for telling the person that the request came in; None if there is none."""
    kind = ACKNOWLEDGED.get(request_type)
    return law.first(Clock, jurisdiction, kind=kind) if kind else None
