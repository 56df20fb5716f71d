"""Runs under way: the dead are ended once, with what they said last; the living are left alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction

from lineage.events.types import RunDescription, Statistics
from lineage.facets.validation import check_event
from lineage.leases.rows import from_now
from lineage.outbox.services import NotInTransaction
from lineage.running import services as running
from lineage.running.models import OpenRun
from lineage.running.queries import is_open
from lineage.running.tasks import close_dead_runs
from tests.lineage_runs import NOON, make_run
from tests.lineage_told import list_runs, list_told, rows_of

LONG, OVER = timedelta(hours=1), timedelta(seconds=-1)


def begin(silence: timedelta = OVER) -> RunDescription:
    run = make_run(uuid4())
    with transaction.atomic():
        running.begin(run=run, at=NOON, silence=silence)
    return run


def kinds(run_id: UUID) -> list[str]:
    return list_runs()[run_id]


@pytest.mark.django_db
def test_a_run_ends_as_it_says() -> None:
    for end, kind in ((running.complete, "COMPLETE"), (running.abort, "ABORT")):
        run = begin(LONG)
        assert is_open(run_id=run.run_id)

        assert end(run=run, at=NOON)

        assert kinds(run.run_id) == ["START", kind]
        assert not is_open(run_id=run.run_id)
    run = begin(LONG)
    assert running.fail(run=run, at=NOON, message="the disk is full")
    assert kinds(run.run_id) == ["START", "FAIL"]


@pytest.mark.django_db
def test_the_silent_are_ended_with_what_they_said_last_and_the_living_are_not() -> None:
    dead, living = begin(), begin(LONG)
    last = replace(dead, outputs=(replace(dead.outputs[0], statistics=Statistics(rows=42)),))
    assert running.keep(run=last, at=NOON, silence=OVER)

    assert close_dead_runs() == 1
    assert close_dead_runs() == 0

    assert kinds(dead.run_id) == ["START", "ABORT"]
    assert kinds(living.run_id) == ["START"]
    aborted = list_told()[-1]
    assert rows_of(aborted) == 42
    assert list(check_event(aborted)) == []
    assert aborted["eventTime"] > list_told()[0]["eventTime"]


@pytest.mark.django_db
def test_who_only_hung_is_told_that_it_was_ended_and_nothing_is_told_of_it_again() -> None:
    run = begin()
    running.close_dead_runs()

    assert not running.keep(run=run, at=NOON, silence=LONG)
    assert not running.complete(run=run, at=NOON)
    assert not running.fail(run=run, at=NOON, message="late")

    assert kinds(run.run_id) == ["START", "ABORT"]


@pytest.mark.django_db
def test_one_that_cannot_be_ended_stops_no_other() -> None:
    broken, dead = begin(), begin()
    OpenRun.objects.filter(pk=broken.run_id).update(last_words={}, alive_until=from_now(-LONG))

    running.close_dead_runs()

    assert kinds(dead.run_id) == ["START", "ABORT"]
    assert kinds(broken.run_id) == ["START"]
    assert running.close_dead_runs() == 0  # it rests for a while


@pytest.mark.usefixtures("committed_database")
def test_outside_of_a_transaction_nothing_is_told() -> None:
    with pytest.raises(NotInTransaction):
        running.begin(run=make_run(uuid4()), at=NOON, silence=LONG)

    assert not OpenRun.objects.exists()


@pytest.fixture
def closing(committed_database: str) -> Iterator[ThreadPoolExecutor]:
    """Threads that see the database that this test has for itself."""
    assert committed_database
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_however_many_sweep_at_once_beside_the_run_itself_each_run_has_one_ending(
    closing: ThreadPoolExecutor,
) -> None:
    runs, together = [begin() for _ in range(20)], Barrier(4)

    def sweep() -> int:
        together.wait(30)
        try:
            return running.close_dead_runs()
        finally:
            connections.close_all()

    def end_all() -> int:
        together.wait(30)
        try:
            return sum(_complete(run) for run in runs)
        finally:
            connections.close_all()

    done = [closing.submit(one) for one in (sweep, sweep, sweep, end_all)]

    assert sum(one.result(60) for one in done) == len(runs)
    assert all(len(told) == 2 for told in list_runs().values())
    assert not OpenRun.objects.exists()


@transaction.atomic
def _complete(run: RunDescription) -> bool:
    return running.complete(run=run, at=NOON)
