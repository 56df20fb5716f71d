"""Values about reconciliations. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class ReconciliationState(StrEnum):
    """How far a comparison came."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"  # nothing was compared to its end, and nobody taken out


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How what a destination says differs from what we know, in people and rows."""

    rows_there: int
    members: int
    incomparable: int
    """Members of whom the destination was told nothing that it could tell us."""
    missing: int | None
    """Members whom the destination does not name. None: rows were sent meanwhile, so nobody can tell."""
    strays: int
    """Rows there that name no member."""
    taken_out: int
    """Suppressions written for people among the strays who may not be there."""
    unexplained: int
    """Strays that lead to nobody on record, or to somebody who may be there."""
