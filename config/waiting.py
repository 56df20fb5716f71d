"""What waits for workers: the outboxes of every floor, and the queues that their wake-ups go into."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from celery import Celery

from activation.enforcement.suppression import queries as suppressions
from lineage.outbox import queries as lineage

OUTBOXES: Mapping[str, Callable[[], timedelta | None]] = {
    "lineage events": lineage.get_longest_wait,
    "suppressions": suppressions.get_longest_wait,
}
"""By name: for how long the longest waiting row could have been worked on. None: nothing is due."""

_PATIENCE = 3.0  # seconds; a worker answers beside its work


def list_consumers(app: Celery) -> Mapping[str, list[str]]:
    """Return the names of the workers that answer, by the queue that they take from."""
    answers = app.control.inspect(timeout=_PATIENCE).active_queues() or {}
    found: dict[str, list[str]] = {}
    for worker, queues in sorted(answers.items()):
        for queue in queues:
            found.setdefault(queue["name"], []).append(worker)
    return found
