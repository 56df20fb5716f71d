"""Values about traces and breach reports. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from activation.enforcement.presence.types import Sought
from consent.subjects.types import Identifier, SubjectRef

NOTIFY_WITHIN = timedelta(hours=72)
"""From becoming aware to telling the authority, where that is feasible (GDPR Art. 33(1))."""


class JobState(StrEnum):
    """How far a report came. Only a completed one has a result."""

    OPEN = "open"  # nobody has asked for it to be worked out
    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"  # its process died; found by whoever looked next


class Access(StrEnum):
    """Why somebody looks a person up."""

    REQUEST = "request"
    COMPLAINT = "complaint"
    AUTHORITY = "authority"
    INCIDENT = "incident"
    AUDIT = "audit"


ACCESS_WORDS: Mapping[Access, str] = {
    Access.REQUEST: "A request of the data subject",
    Access.COMPLAINT: "A complaint",
    Access.AUTHORITY: "An inquiry by an authority",
    Access.INCIDENT: "An incident",
    Access.AUDIT: "An audit",
}


class BreachScope(StrEnum):
    """What a breach is of."""

    DESTINATION = "destination"
    DATASET = "dataset"


class Way(StrEnum):
    """How a person's data was reached, as far as is known."""

    HELD = "held"  # the destination holds them now
    TAKEN_OUT = "taken_out"  # it held them until they were taken out, or holds them until they are
    SENT = "sent"  # a run let a row of theirs leave
    READ = "read"  # a run read a row of theirs, and let none leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom an identifier or a reference leads to, and all that they may be called."""

    refs: tuple[SubjectRef, ...] = ()
    """Theirs and those of whoever is linked to them now; empty of a stranger."""
    erased: tuple[SubjectRef, ...] = ()
    """Those of `refs` that are erased: their identifiers are gone."""
    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    """Normalised; that asked for is among them, if one was."""
    asked: Identifier | None = field(default=None, repr=False)
    unreadable: tuple[SubjectRef, ...] = ()
    """Those of `refs` whose identifiers do not open: runs that knew them by those are not found."""
    is_ambiguous: bool = False
    """What was asked for leads to several people who are not linked."""

    @property
    def sought(self) -> Sought:
        """What stands for the person in runs."""
        return Sought(identifiers=self.identifiers, refs=self.refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One audience of a destination, or the runs for one purpose: what the categories depend on."""

    destination: str
    purpose: str
    controller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReached:
    """A run whose people a breach reached."""

    run_id: UUID
    channel: Channel
    reads: bool
    """Whether whoever was denied counts too: the breach is of what the run read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachQuestion:
    """What a breach is of, and when it was open."""

    scope: BreachScope
    name: str
    """The destination's slug, or the dataset's key."""
    since: datetime
    until: datetime
