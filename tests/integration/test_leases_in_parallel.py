"""Leased work and many workers, each on a connection of its own. Each promise is tried on a broken copy."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import time_machine
from django.db import OperationalError, connection, connections, models, transaction
from django.utils import timezone

from lineage.leases import claiming
from lineage.leases.claiming import end
from lineage.leases.rows import from_now
from tests.leased_jobs import GONE, MINUTE, Job, add, stored, table, take, waiting

WORKERS, JOBS = 4, 200
Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def jobs(committed_database: str) -> Iterator[None]:
    with table():
        yield


def beside(work: Callable[[], Result]) -> Result:
    """Do the work on another connection, which waits for no lock longer than a moment."""

    def do() -> Result:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '500ms'")
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do).result(timeout=30)


def no_row_goes_to_two_and_none_waits() -> None:
    """Claim while another's claim of the same rows is not committed yet."""
    first, second = add(2)
    with transaction.atomic():
        ours = [job.pk for job in take()]
        theirs = beside(lambda: [job.pk for job in take(2)])
    assert (ours, theirs) == ([first], [second])


def who_outlived_the_lease_writes_nothing() -> None:
    """Let another worker claim and end what the first still believes it holds."""
    add(1)
    (late,) = take(lease=GONE)
    beside(lambda: [end(job, last_error="the heir's") for job in take()])
    assert not end(late, last_error="the late one's")
    assert stored(late).last_error == "the heir's"


def a_lease_lasts_as_long_as_the_database_says() -> None:
    """Claim with a clock that is a day ahead, and with one that is a day behind."""
    for jump in (timedelta(days=1), timedelta(days=-1)):
        add(1)
        with time_machine.travel(jump, tick=True):
            (job,) = take()
        assert beside(lambda: list(take())) == []
        assert not waiting().filter(pk=job.pk, leased_until__gt=from_now(MINUTE)).exists()
        end(job, is_done=True)


PROMISES = [
    no_row_goes_to_two_and_none_waits,
    who_outlived_the_lease_writes_nothing,
    a_lease_lasts_as_long_as_the_database_says,
]


@pytest.mark.parametrize("promise", PROMISES)
def test_leases_keep_the_promise_that(promise: Callable[[], None]) -> None:
    promise()


def wait_for_locks(patch: pytest.MonkeyPatch) -> None:
    """Break the claim: it waits for rows that another is claiming."""
    _lock_with(patch, of=("self",))


def lock_nothing(patch: pytest.MonkeyPatch) -> None:
    """Break the claim: it reads without a lock."""
    patch.setattr(models.QuerySet, "select_for_update", lambda rows, **_: rows.all())


def forget_the_fence(patch: pytest.MonkeyPatch) -> None:
    """Break the end of work: whoever holds the row may be another by now."""
    patch.setattr(claiming, "_ours", lambda row: Job.objects.filter(pk=row.pk))


def ask_the_workers_clock(patch: pytest.MonkeyPatch) -> None:
    """Break the lease: it ends by the clock of who took it."""
    by_ours = models.functions.Cast
    patch.setattr(
        claiming,
        "from_now",
        lambda lease: by_ours(models.Value(timezone.now() + lease), models.DateTimeField()),
    )


def _lock_with(patch: pytest.MonkeyPatch, **options: Any) -> None:
    lock = models.QuerySet.select_for_update
    patch.setattr(models.QuerySet, "select_for_update", lambda rows, **_: lock(rows, **options))


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (wait_for_locks, no_row_goes_to_two_and_none_waits),
        (lock_nothing, no_row_goes_to_two_and_none_waits),
        (forget_the_fence, who_outlived_the_lease_writes_nothing),
        (ask_the_workers_clock, a_lease_lasts_as_long_as_the_database_says),
    ],
)
def test_a_broken_copy_is_found(
    broken: Callable[[pytest.MonkeyPatch], None],
    promise: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken(monkeypatch)

    with pytest.raises((AssertionError, OperationalError)):
        promise()


def test_workers_that_claim_at_once_do_each_row_once_and_leave_none() -> None:
    numbers = add(JOBS)

    def work(_: int) -> list[int]:
        done = []
        while jobs := take(3):
            done += [job.pk for job in jobs if end(job, is_done=True)]
        connections.close_all()
        return done

    with ThreadPoolExecutor(WORKERS) as pool:
        done = sorted(pk for each in pool.map(work, range(WORKERS)) for pk in each)

    assert done == numbers
    assert not Job.objects.exclude(attempts=1).exists()


def test_a_worker_whose_connection_dies_leaves_its_row_to_the_next_after_the_lease() -> None:
    (number,) = add(1)

    def die() -> None:
        take(lease=MINUTE)
        connection.close()

    beside(die)
    assert not take()
    Job.objects.update(leased_until=models.functions.Now())  # as if the minute had passed

    assert [(job.pk, job.attempts) for job in take()] == [(number, 2)]
