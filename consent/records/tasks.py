"""Celery's entries to the records. A message is only a wake-up: the rows tell what is left to do."""

from celery import shared_task
from django.utils import timezone

from consent.records import services

_BATCHES = 40  # of 500 records: well within a task's time


@shared_task(name="records.continue_invalidation", acks_late=True)
def continue_invalidation(run_id: int | None = None, **_: object) -> int:
    """Go on with one invalidation, or with all that are unfinished, and return how many grants are done.

    Safe to run twice: a grant that is invalidated is passed over. The next wake-up goes on behind this one.
    """
    runs = services.list_unfinished() if run_id is None else [run_id]
    return sum(_go_on(run) for run in runs)


def _go_on(run_id: int) -> int:
    done = 0
    for _ in range(_BATCHES):
        progress = services.continue_invalidation(run_id=run_id, at=timezone.now())
        done = progress.done
        if progress.finished:
            break
    return done


@shared_task(name="records.forget_answers", acks_late=True)
def forget_answers(**_: object) -> int:
    """Delete answers kept for repeated requests that are past their time, and return how many."""
    total = 0
    while deleted := services.forget_answers(at=timezone.now()):
        total += deleted
    return total


@shared_task(name="records.forget_pruned", acks_late=True)
def forget_pruned(**_: object) -> int:
    """Delete the copies of what the ledger has pruned, and return how many. Safe to run twice."""
    total = 0
    while deleted := services.forget_pruned():
        total += deleted
    return total
