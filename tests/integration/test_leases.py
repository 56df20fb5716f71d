"""Leased work on one connection: who may write, when a row is due, whose clock counts, what a claim costs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from lineage.leases.claiming import back_off, end, keep, put_off
from lineage.leases.rows import READY_AT, from_now
from tests.leased_jobs import GONE, MINUTE, Job, add, stored, table, take, waiting

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def jobs(db: None) -> Iterator[None]:
    with table():
        yield


def numbers(jobs: list[Job]) -> list[int]:
    return [job.pk for job in jobs]


def test_due_rows_are_claimed_in_order_and_no_more_than_asked() -> None:
    first, second, third = add(3)

    assert numbers([*take(2)]) == [first, second]
    assert numbers([*take(2)]) == [third]
    assert not take(2)


def test_a_claim_returns_the_row_as_it_is_stored() -> None:
    add(1)

    (job,) = take()

    assert (job.attempts, job.leased_until, job.next_attempt_at) == (1, stored(job).leased_until, None)
    assert stored(job).attempts == 1
    assert set(vars(job)) == set(vars(stored(job)))


def test_a_row_that_is_ended_without_being_done_is_due_again() -> None:
    add(1)
    (job,) = take()

    assert end(job)

    (again,) = take()
    assert again.attempts == 2


def test_the_row_of_a_dead_holder_is_claimed_once_its_lease_is_over() -> None:
    add(1)
    (dead,) = take(lease=GONE)

    (heir,) = take()

    assert (heir.pk, heir.attempts) == (dead.pk, 2)
    assert not take()


def test_who_outlived_the_lease_cannot_write_once_another_claimed_the_row() -> None:
    add(1)
    (late,) = take(lease=GONE)
    (heir,) = take()
    before = stored(heir)

    wrote = [
        end(late, is_done=True),
        put_off(late, error="too late", delay=HOUR),
        keep(late, lease=YEAR),
    ]

    assert wrote == [False] * 3
    after = stored(heir)
    assert (after.is_done, after.last_error, after.leased_until) == (False, "", before.leased_until)
    assert end(heir, is_done=True)


def test_who_outlived_the_lease_cannot_write_after_the_heir_gave_the_row_back() -> None:
    add(1)
    (late,) = take(lease=GONE)
    (heir,) = take()
    put_off(heir, error="refused", delay=HOUR)

    assert not end(late, is_done=True)
    assert not keep(late, lease=HOUR)
    assert not stored(late).is_done


def test_who_outlived_the_lease_ends_the_row_if_nobody_wanted_it() -> None:
    add(1)
    (late,) = take(lease=GONE)

    assert end(late, is_done=True)
    assert stored(late).is_done


def test_a_row_is_ended_once() -> None:
    add(1)
    (job,) = take()

    assert end(job)
    assert not end(job, is_done=True)
    assert not put_off(job, error="again", delay=GONE)
    assert not stored(job).is_done


def test_a_kept_row_stays_held() -> None:
    add(1)
    (job,) = take(lease=GONE)

    assert keep(job, lease=MINUTE)

    assert not take()
    assert end(job, is_done=True)


def test_a_row_that_was_put_off_rests_and_others_go_on() -> None:
    first, second = add(2)
    (job,) = take()
    put_off(job, error="503", delay=HOUR)

    assert numbers([*take(2)]) == [second]
    assert stored(job).last_error == "503"
    Job.objects.filter(pk=first).update(next_attempt_at=Now())
    assert numbers([*take(2)]) == [first]


def test_what_a_database_cannot_hold_does_not_keep_a_row_held() -> None:
    add(1)
    (job,) = take()

    assert put_off(job, error="NUL \0, half a pair \ud800, " + "long " * 200, delay=GONE)

    assert stored(job).last_error.startswith("NUL ?, half a pair ?, long ")
    assert len(stored(job).last_error) == 500


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["ahead", "behind"])
def test_a_worker_whose_clock_jumped_takes_and_keeps_what_any_other_does(jump: timedelta) -> None:
    held, resting, free = add(3)
    take(1)
    put_off(take(1)[0], error="", delay=HOUR)

    with time_machine.travel(jump, tick=True):
        (job,) = take(3)
        assert job.pk == free
        keep(job, lease=HOUR)

    assert not take(3)  # neither what it took, nor what it found held or at rest, is due by its clock
    hour_away = Job.objects.filter(
        pk=free, leased_until__gt=from_now(HOUR - MINUTE), leased_until__lte=from_now(HOUR)
    )
    assert hour_away.exists()
    assert stored(Job(pk=held)).leased_until < stored(job).leased_until  # type: ignore[operator]
    assert stored(Job(pk=resting)).next_attempt_at is not None


def test_a_claim_in_a_transaction_that_is_rolled_back_never_happened() -> None:
    add(1)

    with transaction.atomic():
        (job,) = take()
        transaction.set_rollback(True)

    assert stored(job).attempts == 0
    assert not end(job, is_done=True)


def test_a_claim_costs_two_statements_and_one_if_nothing_is_due(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    add(40)
    points = 2  # savepoint and release, as the test's own transaction is open

    with django_assert_num_queries(2 + points):
        take(30)
    with django_assert_num_queries(2 + points):
        take(30)
    with django_assert_num_queries(1 + points):
        take(30)
    with django_assert_num_queries(1):
        end(Job(pk=1, attempts=1), is_done=True)


@pytest.mark.parametrize("order", ["id", "ready"])
def test_a_claim_among_many_waiting_rows_reads_an_index_and_not_the_table(order: str) -> None:
    add(5_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tests_leases_job")
    due = waiting().due()
    query = due.order_by("pk") if order == "id" else due.order_by(READY_AT, "pk")

    plan = query[:10].explain()

    assert {"id": "job_waiting", "ready": "job_ready"}[order] in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 5), (1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (10**9, 900)]
)
def test_waits_double_and_end_at_the_longest(failures: int, seconds: int) -> None:
    assert back_off(failures, first=timedelta(seconds=5), longest=timedelta(minutes=15)) == timedelta(
        seconds=seconds
    )


def test_a_wait_that_doubles_past_what_a_clock_can_tell_is_the_longest() -> None:
    assert back_off(10**9, first=YEAR, longest=10 * YEAR) == 10 * YEAR
    assert back_off(7, first=YEAR, longest=HOUR) == HOUR
