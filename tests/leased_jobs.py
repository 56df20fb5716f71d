"""A table of leased work for tests and benchmarks, with both indexes that `lineage.leases` speaks of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, models
from django.db.models import Q

from lineage.leases.claiming import claim
from lineage.leases.rows import READY_AT, Leased, LeasedQuerySet

MINUTE = timedelta(minutes=1)
GONE = timedelta(0)
"""A lease that is over as soon as it is there."""

_WAITING = Q(is_done=False)


class Jobs(LeasedQuerySet["Job"]):
    """Jobs, as every model of leased work has a queryset of its own."""


class Job(Leased):
    """Some work. Its numbers are its order."""

    is_done = models.BooleanField(default=False)

    objects = Jobs.as_manager()

    class Meta:
        app_label = "tests_leases"  # of no installed app: only `table` makes it
        indexes = [
            models.Index("id", condition=_WAITING, name="job_waiting"),
            models.Index(READY_AT, "id", condition=_WAITING, name="job_ready"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"


@contextmanager
def table() -> Iterator[None]:
    """Give the table of jobs, which is committed, and dropped at the end."""
    with connection.schema_editor() as editor:
        editor.create_model(Job)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Job)


def add(count: int) -> list[int]:
    """Add jobs, and return their numbers in order."""
    return [job.pk for job in Job.objects.bulk_create([Job() for _ in range(count)])]


def take(limit: int = 1, *, lease: timedelta = MINUTE) -> Sequence[Job]:
    """Claim the first jobs that are due."""
    return claim(waiting().order_by("pk"), limit=limit, lease=lease)


def waiting() -> Jobs:
    """Return the query of what is not done."""
    return Job.objects.filter(_WAITING)


def stored(job: Job) -> Job:
    """Return the job as the database has it now."""
    return Jobs(Job).get(pk=job.pk)
