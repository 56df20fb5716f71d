"""What the clocks of requests are given, and what they say. Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import date, datetime

from consent.requests.types import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEvent:
    """Something that moves a deadline. In the order of `at`."""

    kind: EventKind
    """PAUSED, RESUMED or EXTENDED."""
    at: datetime
    ground: str = ""
    until: date | None = None
    """Of an extension for which the law sets no number: the date that the person was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedDate:
    """One date, and why it is that one."""

    on: date | None
    """None: without delay, and no number is set."""
    explanation: str
    """One sentence."""
    source: str
    """The article or section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Every date of one request, in the law's own counting."""

    jurisdiction: str
    zone: str
    """The IANA time zone that its days are counted in."""
    received_on: date
    acknowledge_by: ComputedDate | None
    due_on: ComputedDate
    extended_due_on: ComputedDate | None
    """Until when at the latest, if it is extended; None: it cannot be, or by no number."""
    extension_notice_by: ComputedDate | None
    due_at: datetime
    """The moment at which the date in force is over: of `extended_due_on` once extended. A clock that stands
    still is counted as if it went on now."""
    decline_notice_by: ComputedDate | None = None
    """Until when the person must be told of a refusal, where the law names a day."""
    appeal: ComputedDate | None = None
    """How a refusal can be appealed against, in words; None: no law on record speaks of it."""
    is_paused: bool = False
    is_extended: bool = False
    check_before_use: bool = False
    """The law's row is from memory: somebody should read it."""
