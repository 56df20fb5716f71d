"""Leased work: what a claim takes with a thousand and with a million rows waiting, and while they drain."""

import statistics
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection

from lineage.leases.claiming import claim, end
from lineage.leases.rows import READY_AT
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.leased_jobs import MINUTE, Job, table, waiting

FEW, MANY = 1_000, 1_000_000
LIMIT, ROUNDS = 100, 50
_ADD = """
    INSERT INTO tests_leases_job (attempts, last_error, is_done, next_attempt_at)
    SELECT 0, '', false, {} FROM generate_series(1, %s)
"""


def measure() -> Sequence[Figure]:
    """Return the median time of a claim of 100 rows, by how many wait, rest and were done before."""
    with fresh_database(), table():
        few = _claim_with(FEW)
        many = _claim_with(MANY)
        _drain(MANY // 2)
        drained = _claim()
        _vacuum()
        swept = _claim()
        resting = _claim_with(MANY, ready="now() + interval '1 hour'", beyond=LIMIT * (ROUNDS + 1))
        return [
            Figure("claim of 100, 1,000 waiting", few * 1e3, "ms"),
            Figure("claim of 100, 1,000,000 waiting", many * 1e3, "ms", "1,000 waiting", many / few),
            Figure("… half of them done since", drained * 1e3, "ms", "1,000 waiting", drained / few),
            Figure("… and vacuumed", swept * 1e3, "ms", "1,000 waiting", swept / few),
            Figure("… behind 1,000,000 at rest", resting * 1e3, "ms", "1,000 waiting", resting / few),
        ]


def _claim_with(count: int, *, ready: str = "NULL", beyond: int = 0) -> float:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tests_leases_job")
        cursor.execute(_ADD.format(ready), [count])
        cursor.execute(_ADD.format("NULL"), [beyond])
    _vacuum()
    return _claim()


def _vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tests_leases_job")


def _claim() -> float:
    """Return the median time of claims; what they took is given back."""
    times = []
    for _ in range(min(ROUNDS, Job.objects.count() // LIMIT)):
        start = time.perf_counter()
        taken = claim(waiting().order_by(READY_AT, "pk"), limit=LIMIT, lease=timedelta(hours=1))
        times.append(time.perf_counter() - start)
        for job in taken:
            end(job)
    return statistics.median(times)


def _drain(count: int) -> None:
    """Have rows claimed and done, as workers do, without the work."""
    for _ in range(count // 10_000):
        taken = claim(waiting().order_by(READY_AT, "pk"), limit=10_000, lease=MINUTE)
        Job.objects.filter(pk__in=[job.pk for job in taken]).update(is_done=True, leased_until=None)
