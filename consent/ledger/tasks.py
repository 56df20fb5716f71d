"""Celery's entry to the ledger's retention. A message is only a wake-up: rows tell what is left to do."""

import time

from celery import shared_task

from consent.ledger import services

_BATCHES = 20  # for each stream: well within a task's time
_PATIENCE = services.Patience([0.25] * 20, time.sleep)  # seconds: a living sequencer signs every 200 ms


@shared_task(name="ledger.apply_retention", acks_late=True)
def apply_retention(**_: object) -> int:
    """Prune what is past its time and return how many leaves. Safe to run twice, and to kill."""
    return services.apply_retention(patience=_PATIENCE, batches=_BATCHES).pruned.total()
