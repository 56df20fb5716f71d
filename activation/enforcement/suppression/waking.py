"""Telling workers that suppressions wait. One that is not told finds them by itself: the rows count."""

from collections.abc import Iterable

from lineage.leases.waking import wake

TASK = "enforcement.deliver_suppressions"


def wake_for_destination(destination: str) -> None:
    """Have a worker look at the destination. A broker that cannot be reached is no error."""
    wake(TASK, destination=destination)


def wake_for_destinations(destinations: Iterable[str]) -> None:
    """Have workers look at what waits for each of `destinations`."""
    for destination in sorted(set(destinations)):
        wake_for_destination(destination)
