"""Telling workers that steps wait. One that is not told finds them by itself: the rows count."""

from consent.requests.types import SystemKind
from lineage.leases.waking import wake

WORK_TASK = "requests.work_steps"
ASK_TASK = "requests.ask_system"
ASK_LONG_TASK = "requests.ask_long"
LONG_KINDS = frozenset({SystemKind.SQL, SystemKind.HTTP, SystemKind.FILES})
"""What these are asked may take long: it has workers of its own."""


def wake_for_steps() -> None:
    """Have a worker look at which steps are ready, and have others carry them out."""
    wake(WORK_TASK)


def wake_for_system(system_id: int, kind: str) -> None:
    """Have a worker carry out what is ready at the system."""
    wake(ASK_LONG_TASK if kind in LONG_KINDS else ASK_TASK, system_id=system_id)
