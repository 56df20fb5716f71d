"""Values about what destinations hold. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from consent.subjects.types import IdentifierKind

Name = tuple[str, tuple[bytes, ...]]
"""What tells a member from every other one of a holding: `Member.name`."""


class SegmentState(StrEnum):
    """What is known of the people of one delivery."""

    SENDING = "sending"  # they may be there, or will be: the delivery has not ended
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person whom a destination was sent."""

    ref: str
    """The subject's reference; empty for a stranger, whom identifiers alone name."""
    identifiers: Mapping[IdentifierKind, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """What the destination was told the person is called, as it was told."""
    ends_at: datetime | None = None
    """When the allow ends by itself. None: nothing ends it but news."""
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    """A stranger's, ascending: one for each identifier that the person was decided by."""

    @property
    def name(self) -> Name:
        """What tells this member from the others."""
        return self.ref, self.keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One audience at one destination, and the question that let people into it."""

    id: int
    destination: str
    audience: str
    purpose: str
    controller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMember:
    """One person in one segment of a holding."""

    holding: Held
    segment_id: int
    is_sending: bool
    """Whether the delivery has not ended: what is taken out now may still be put there."""
    columns: Mapping[IdentifierKind, str]
    """The destination's columns, by the kind of identifier they carry."""
    found_by: str
    """Which of the references asked for led here."""
    member: Member
    is_readable: bool = True
    """False: the page does not open, so what the destination was told cannot be said. Count it as held."""
    sent_at: datetime | None = None
    """When the delivery ended, or began if it has not. None: not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """Members who must be decided again: one of their allows ended, or they were decided by other rules."""

    page_id: int
    holding: Held
    segment_id: int
    columns: Mapping[IdentifierKind, str]
    members: tuple[Member, ...]
    """Nobody where the page does not open: settle it all the same, else it comes again."""
    is_readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingSummary:
    """What one destination holds of one audience, in figures."""

    holding: Held
    members: int
    """Those of several segments count once for each."""
    segments: int
    is_sending: bool
    last_held_at: datetime | None
    due_at: datetime | None
    unreadable_pages: int
