"""Where identifiers are kept, and whom they lead to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.subjects.types import IdentifierKind, SubjectRef

Place = tuple[IdentifierKind, bytes]
"""An identifier, however it was sent: the kind it is kept under, and the SHA-256 of its value there."""


@dataclass(frozen=True, slots=True)
class Lead:
    """What the index says of one identifier."""

    ref: SubjectRef
    event_id: str
    """Names the event that recorded the identifier."""
    verified: bool


@dataclass(frozen=True, slots=True)
class Leads:
    """What the index and the tombstones say of some identifiers."""

    live: Mapping[Place, Lead]
    erased: Mapping[Place, frozenset[SubjectRef]]
    """The erased subjects that an identifier led to once; it may lead to a living one since."""

    def of(self, place: Place) -> frozenset[SubjectRef]:
        """Return whom the identifier leads to: the index speaks first, then the tombstones."""
        lead = self.live.get(place)
        return frozenset({lead.ref}) if lead else self.erased.get(place, frozenset())
