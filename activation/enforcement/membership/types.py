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
    identifiers: Mapping[IdentifierKind, tuple[str, ...]] = field(default_factory=dict)
    """What the destination was told the person is called, as it was told."""
    ends_at: datetime | None = None
    """When the allow ends by itself. None: nothing ends it but news."""
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    """A stranger's, ascending: one for each identifier that the person was decided by."""

    @property
    def name(self) -> Name:
        """What tells this member from the others."""
        return self.ref, self.keys
