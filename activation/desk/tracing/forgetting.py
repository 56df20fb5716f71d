"""Destroying what reports found when its time is over, and forgetting old traces."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from activation.desk.tracing import vault
from activation.desk.tracing.models import BreachPerson, BreachReport, Report, TraceReport
from activation.desk.tracing.types import JobState
from consent.keys import queries as key_queries
from consent.keys import services as key_services

_AT_ONCE = 100
_UNFINISHED = (JobState.WAITING, JobState.RUNNING)


def forget_reports(*, at: datetime) -> int:
    """Destroy what was found by every report past its time, and return how many; forget old traces' rows.

    A breach report's row stays: what happened has to be documented (GDPR Art. 33(5)). It names nobody.
    """
    BreachPerson.objects.exclude(report__status__in=_UNFINISHED).delete()  # what a killed process left
    return sum(_destroy_expired(model, at) for model in (TraceReport, BreachReport)) + _forget_traces(at)


def _destroy_expired(model: type[Report], at: datetime) -> int:
    total = 0
    while found := list(
        model._default_manager.filter(destroyed_at__isnull=True, expires_at__lte=at).order_by("pk")[:_AT_ONCE]
    ):
        for report in found:
            with transaction.atomic():
                vault.destroy(report)
        total += len(found)
    return total


def _forget_traces(at: datetime) -> int:
    if settings.RUNS_KEPT is None:
        return 0
    old = TraceReport.objects.filter(destroyed_at__isnull=False, requested_at__lt=at - settings.RUNS_KEPT)
    return old.delete()[0]


@transaction.atomic
def rewrap_reports() -> int:
    """Wrap the data keys of all reports under the newest master key; return how many there were to do.

    :raises KeyUnreadable: if one does not open: its master key is missing.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    newest, total = key_queries.get_newest_version(), 0
    for model in (TraceReport, BreachReport):
        older = model._default_manager.filter(kek_version__gt=0, kek_version__lt=newest)
        for report in older.select_for_update().order_by("pk"):
            sealed = key_services.rewrap_secret(report.as_sealed(), name=report.key_name)
            report.kek_version, report.wrapped = sealed.version, sealed.wrapped
            report.save(update_fields=["kek_version", "wrapped"])
            total += 1
    return total
