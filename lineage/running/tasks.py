"""Celery's entry to runs under way. The schedule in `config` runs it; a message is only a wake-up."""

from celery import shared_task

from lineage.running import services


@shared_task(name="lineage.close_dead_runs", acks_late=True)
def close_dead_runs(**_: object) -> int:
    """End the runs whose process died, and return how many. Safe to run twice, and to kill."""
    return services.close_dead_runs()
