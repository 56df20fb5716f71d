"""Celery's entries to simulations. A message is only a wake-up: the rows tell what waits.

That of a simulation is done with as soon as it begins: a broker gives away again what is held for hours.
"""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from activation.desk import queries, services
from activation.desk.person.tasks import forget_visits
from activation.desk.tracing.tasks import forget_reports, report_breach, trace

__all__ = [
    "count_choices",
    "forget_reports",
    "forget_runs",
    "forget_visits",
    "report_breach",
    "simulate",
    "trace",
]

_STEPS = 50  # of a task: within its time
_LONGEST = 86_400  # seconds; a simulation takes as long as there are people


@shared_task(name="desk.simulate", acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60)
def simulate(run_id: str | None = None, **_: object) -> int:
    """Run one simulation, or all that wait, and return how many were run. Safe to run twice, and to kill.

    A simulation is begun once. One that was killed is closed as abandoned, and an officer may begin another.
    """
    services.close_dead_runs()
    runs = queries.list_waiting() if run_id is None else [UUID(run_id)]
    return sum(services.run_simulation(run_id=run, at=timezone.now()) for run in runs)


@shared_task(name="desk.forget_runs", acks_late=True)
def forget_runs(**_: object) -> int:
    """Forget simulations past their time, and return how many. Safe to run twice, and to kill."""
    total = 0
    while forgotten := services.forget_runs(at=timezone.now()):
        total += forgotten
    return total


@shared_task(name="desk.count_choices", acks_late=True)
def count_choices(**_: object) -> bool:
    """Count the ledger's choices to its end, or for some steps, and return whether that is its end.

    A safety net: `run_follower` counts within milliseconds. Safe to run twice, and to kill.
    """
    return any(services.count_next() for _ in range(_STEPS))
