"""How fresh a store is. Pure: the monotonic clock is given."""

from activation.snapshots.store.forms import Poll

SECOND = 1_000_000_000
"""Nanoseconds."""


def age_of(poll: Poll | None, *, now: int, boot: bytes) -> int | None:
    """Return for how many nanoseconds the store may have lacked something; None if that is not known.

    Counted from the start of the last poll that reached the feed's end, or from when the oldest write was
    recorded that had no place in the feed then. A clock of another boot says nothing.
    """
    if poll is None or poll.boot != boot or poll.started > now:
        return None
    return now - poll.held_since


def is_fresh(poll: Poll | None, *, now: int, boot: bytes, bound: int) -> bool:
    """Return whether the store may answer: it lacks nothing older than `bound` nanoseconds."""
    age = age_of(poll, now=now, boot=boot)
    return age is not None and age <= bound
