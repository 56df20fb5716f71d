"""What happens to suppressions before they are handed over: followed, swept, checked, begun anew."""

from datetime import timedelta
from time import monotonic

from activation.enforcement.suppression.finding import beginning, checking, feed, following, sweeping
from activation.enforcement.suppression.finding.types import CheckReport

__all__ = ["begin_anew", "check_memberships", "follow_feed", "sweep_pages"]


def follow_feed(*, limit: int = following.MOST_ENTRIES) -> bool:
    """Do one step of following the ledger, and return whether its end was reached. Safe to run twice.

    The first call of all begins: see `beginning`. Whoever finds another at work has nothing to do.

    :raises AnotherLedger: if it is not the ledger that was followed before.
    :raises KeysUnavailable: if the keys cannot be asked for. Nothing moves, and it is to be tried again.
    """
    if not feed.is_begun():
        beginning.begin()
    return following.follow(limit=limit)


def sweep_pages(*, budget: timedelta) -> bool:
    """Decide due pages for as long as `budget` says, and return whether none is left. Safe to run twice.

    :raises PolicyMissing, KeysUnavailable, MappingUnreadable: as `sweeping.sweep` does.
    """
    return sweeping.sweep(until=monotonic() + budget.total_seconds())


def check_memberships(*, every: timedelta, budget: timedelta) -> CheckReport:
    """Decide a part of all members again, due or not, so that each is looked at once in `every`."""
    return checking.check(every=every, until=monotonic() + budget.total_seconds())


def begin_anew() -> None:
    """Follow the ledger from its end on, and have everybody whom a destination holds decided again."""
    beginning.begin_anew()
