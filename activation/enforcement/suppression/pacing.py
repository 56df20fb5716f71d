"""What a worker may take of one destination now. Pure.

A destination that is down is not hammered: at most some parcels fail, and one at a time asks whether it is
back. Neither may one parcel that always fails hold up all others: now and then a new one is tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lineage.leases.claiming import back_off

MOST_AT_ONCE = 4
"""Parcels of one destination that are handed over at the same time, by any number of workers."""
FIRST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(minutes=5)
_SEVERAL_FAIL = 2
_SEVERAL_REFUSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingParcel:
    """One parcel that is not acknowledged yet, as it stands now."""

    id: UUID
    is_leased: bool
    is_due: bool
    has_failed: bool
    is_new: bool
    """Whether it was formed after the destination acknowledged anything last."""
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one destination stands now."""

    parcels: Sequence[WaitingParcel]
    """The oldest first."""
    refused: int = 0
    """Parcels that were refused since anything was acknowledged."""
    since_refusal: timedelta = LONGEST_REST
    """How long ago the last was."""

    @property
    def failing(self) -> list[WaitingParcel]:
        """The parcels that fail since the destination acknowledged anything."""
        return [parcel for parcel in self.parcels if parcel.has_failed and parcel.is_new]

    @property
    def is_in_trouble(self) -> bool:
        """Whether several things went wrong, and nothing well since."""
        return len(self.failing) >= _SEVERAL_FAIL or self.refused >= _SEVERAL_REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What may be done now: a parcel claimed, else one formed, else nothing."""

    claims: UUID | None = None
    forms: bool = False


def next_step(standing: Standing) -> Step:
    """Return what a worker may do for the destination now."""
    in_flight = sum(parcel.is_leased for parcel in standing.parcels)
    if in_flight >= (1 if standing.is_in_trouble else MOST_AT_ONCE):
        return Step()
    due = next((parcel.id for parcel in standing.parcels if parcel.is_due and not parcel.is_leased), None)
    return Step(claims=due) if due else Step(forms=not standing.is_in_trouble or _may_try_anew(standing))


def _may_try_anew(standing: Standing) -> bool:
    """Return whether it is time for a parcel that did not fail before: ever more rarely."""
    if standing.refused >= _SEVERAL_REFUSED and standing.since_refusal < rest_after(standing.refused - 2):
        return False
    failing = standing.failing
    return not failing or min(parcel.age for parcel in failing) > len(failing) * LONGEST_REST


def rest_after(failures: int) -> timedelta:
    """Return how long to leave it after so many failures in a row."""
    return back_off(failures, first=FIRST_REST, longest=LONGEST_REST)
