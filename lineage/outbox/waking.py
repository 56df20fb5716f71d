"""Telling workers that an event waits, once it is committed."""

from django.db import transaction

from lineage.leases.waking import wake

TASK = "lineage.emit_pending"


def wake_after_commit() -> None:
    """Have a worker emit what this transaction enqueued, when it is committed. The schedule does, too."""
    waiting = transaction.get_connection().run_on_commit
    if not any(function is _wake for _, function, _ in waiting):
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    wake(TASK)
