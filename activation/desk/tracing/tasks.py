"""Celery's entries to traces and breach reports. A message is only a wake-up: the rows tell what waits.

What takes long is done with as soon as it begins: a broker gives away again what is held for hours.
"""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from activation.desk.tracing import breaches, forgetting, jobs, traces
from activation.desk.tracing.models import BreachReport, TraceReport

_LONGEST = 86_400  # seconds; a report takes as long as there are runs, or people


@shared_task(name="desk.trace", acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60)
def trace(report_id: str | None = None, **_: object) -> int:
    """Carry out one trace of all runs, or all that wait; return how many. Safe to run twice, and to kill."""
    jobs.close_dead(TraceReport)
    waiting = jobs.list_waiting(TraceReport) if report_id is None else [UUID(report_id)]
    return sum(traces.run_trace(report_id=one, at=timezone.now()) for one in waiting)


@shared_task(name="desk.report_breach", acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60)
def report_breach(report_id: str | None = None, **_: object) -> int:
    """Carry out one breach report, or all that wait, and return how many. Safe to run twice, and to kill."""
    jobs.close_dead(BreachReport)
    waiting = jobs.list_waiting(BreachReport) if report_id is None else [UUID(report_id)]
    return sum(breaches.run_breach_report(report_id=one, at=timezone.now()) for one in waiting)


@shared_task(name="desk.forget_reports", acks_late=True)
def forget_reports(**_: object) -> int:
    """Destroy what reports found when its time is over; return how many. Safe to run twice, and to kill."""
    return forgetting.forget_reports(at=timezone.now())
