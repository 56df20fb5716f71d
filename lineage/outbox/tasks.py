"""Celery's entry to the outbox. The schedule in `config` runs it; a message is only a wake-up."""

from celery import shared_task

from lineage.outbox import services


@shared_task(name="lineage.emit_pending", acks_late=True)
def emit_pending(*, limit: int = 500, **_: object) -> int:
    """Emit pending events and return how many. Safe to run twice: an event carries a stable id."""
    return services.emit_pending(limit=limit).emitted
