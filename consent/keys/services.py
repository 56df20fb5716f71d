"""STANDIN for consent.keys."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from consent.keys import queries
from consent.keys.queries import KeysUnavailable, KeyUnreadable

__all__ = ["KeyUnreadable", "KeysUnavailable", "destroy_keys", "ensure_keys", "sweep_orphans"]


def ensure_keys(refs: Iterable[str]) -> dict[str, bytes]:
    """Return a data key for each of `refs`, made where there was none."""
    wanted = set(refs)
    queries.DESTROYED.difference_update(wanted)
    return queries.get_keys(wanted)


def destroy_keys(refs: Iterable[str]) -> int:
    """Destroy the keys of `refs` and return how many there were."""
    gone = set(refs) - queries.DESTROYED
    queries.DESTROYED.update(gone)
    return len(gone)


def sweep_orphans(
    *,
    exists: Callable[[Sequence[str]], Collection[str]],  # noqa: ARG001
    older_than: datetime,  # noqa: ARG001
) -> int:
    """Destroy keys of subjects that do not exist."""
    return 0
