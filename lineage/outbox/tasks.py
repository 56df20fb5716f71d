"""Celery's entries to the outbox. A message is only a wake-up, and names a transport at most."""

import time

from celery import shared_task

from lineage.leases.waking import wake
from lineage.outbox import queries, services
from lineage.outbox.waking import TASK

_ROUND = 60.0  # seconds; well below the soft limit


@shared_task(name=TASK, acks_late=True)
def emit_pending(*, limit: int = 2000, slug: str | None = None, **_: object) -> int:
    """Emit what waits for the transport `slug` for a minute, and return how many that were.

    Without a transport: have workers do so for each that does not rest, or do it if that is only one. Safe to
    run twice, at the same time, and to kill: an event carries a stable id.
    """
    due = queries.list_due() if slug is None else [slug]
    if len(due) > 1:
        for name in due:
            wake(TASK, slug=name)
        return 0
    emitted = 0
    for name in due:
        emitted += services.emit_pending(limit=limit, only=name, until=time.monotonic() + _ROUND).emitted
        if emitted >= limit:
            wake(TASK, slug=name)
    return emitted


@shared_task(name="lineage.forget_emitted", acks_late=True)
def forget_emitted(**_: object) -> int:
    """Forget runs past their time that went everywhere, and return how many. Safe to run twice."""
    total = 0
    while forgotten := services.forget_emitted():
        total += forgotten
    return total
