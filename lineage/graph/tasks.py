"""Celery's entries to the graph. The schedule in `config` runs them; a message is only a wake-up."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from lineage.graph import services


@shared_task(name="lineage.load_graph", acks_late=True)
def load_graph(*, limit: int = 20_000, **_: object) -> int:
    """Have waiting events enter the graph, and return how many. Safe to run twice, and at once."""
    return services.load(limit=limit)


@shared_task(name="lineage.forget_runs", acks_late=True)
def forget_runs(**_: object) -> int:
    """Forget the runs that were kept long enough, and return how many."""
    kept: timedelta | None = settings.LINEAGE_GRAPH_KEPT  # None: for ever
    return 0 if kept is None else services.forget_runs(before=timezone.now() - kept)
