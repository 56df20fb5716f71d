"""Values about how withdrawals are followed. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How far withdrawals were followed in the ledger."""

    is_begun: bool
    position: int
    behind: int
    """Entries that were not looked at yet."""
    moved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What one look through a part of what destinations hold came to."""

    pages: int = 0
    members: int = 0
    denied: int = 0
    """Who is taken out now, or was on the way out before."""
    missed: int = 0
    """Of these, those whom neither feed nor time had brought up. Always 0, or something is broken."""

    def __add__(self, other: "CheckReport") -> "CheckReport":
        """Return what both looks came to."""
        return CheckReport(
            pages=self.pages + other.pages,
            members=self.members + other.members,
            denied=self.denied + other.denied,
            missed=self.missed + other.missed,
        )
