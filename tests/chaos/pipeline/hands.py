"""A process that takes suppressions to a destination and is not like others: late, or with another clock."""

import time
from datetime import timedelta

from django.utils import timezone

from activation.enforcement.suppression import delivering, leasing
from tests.chaos.pipeline.mutants import MUTANTS
from tests.chaos.roles import Role

LEASE = timedelta(seconds=1)


def deliver(role: Role, slug: str, shift: timedelta, mutant: str) -> None:
    """Hand over what is due at the destination, by a clock that goes wrong by `shift`."""
    role.enter()
    leasing.LEASE = LEASE
    if mutant:
        MUTANTS[mutant]()
    if shift:
        _shift_clocks(shift)
    delivering.deliver_due(destination=slug, until=delivering.monotonic() + 30)  # type: ignore[attr-defined]


def _shift_clocks(shift: timedelta) -> None:
    """Let everything in this process that tells the time be wrong."""
    now, wall, steady = timezone.now, time.time, time.monotonic
    seconds = shift.total_seconds()
    timezone.now = lambda: now() + shift
    time.time = lambda: wall() + seconds
    time.monotonic = lambda: steady() + seconds
    delivering.monotonic = time.monotonic  # type: ignore[attr-defined]
    leasing.monotonic = time.monotonic  # type: ignore[attr-defined]
