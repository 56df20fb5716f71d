"""Events enter the graph: ours from the outbox, in several processes at once, and none is lost."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connections, transaction

from lineage.events import builders
from lineage.graph import loading, queries, services
from lineage.graph.loading import admit
from lineage.graph.models import WaitingEvent
from lineage.graph.projecting import project
from lineage.graph.rules.facts import Facts
from lineage.graph.types import Origin
from lineage.outbox.models import OutboxEvent
from lineage.outbox.services import enqueue
from tests.graph_world import NOON, at, column_lineage, dataset, graph_in_words, received, run_event, symlink
from tests.lineage_runs import make_run

WORKERS = 4


def emit(minutes: int = 0) -> UUID:
    run = make_run()
    with transaction.atomic():
        enqueue(event=builders.start(run, at=at(minutes)))
        enqueue(event=builders.complete(run, at=at(minutes + 1)))
    return run.run_id


def crossing(seed: int) -> list[Facts]:
    """Return events about few jobs and datasets, in an order of the seed's."""
    events = [
        run_event(
            f"job {number % 7}",
            run_id=UUID(int=number % 20 + 1),
            minutes=number / 10,
            inputs=[f"table {number % 5}", f"table {(number * 3) % 11}"],
            outputs=[
                dataset(
                    f"table {(number * 7) % 11}",
                    symlinks=symlink(("hive", f"t{number % 4}")),
                    columnLineage=column_lineage({"a": [(f"table {number % 5}", f"c{number % 3}", False)]}),
                )
            ],
        )
        for number in range(60)
    ]
    random.Random(seed).shuffle(events)  # noqa: S311 - an order, no secret
    return [received(event) for event in events]


@pytest.mark.django_db
def test_events_of_ours_enter_from_the_outbox_once() -> None:
    run_id = emit()

    assert (services.load(limit=100), services.load(limit=100)) == (2, 0)

    run = queries.get_run(run_id)
    assert (run.state, run.job.origin, run.started_at, run.ended_at) == (
        "COMPLETE",
        Origin.EMITTED,
        NOON,
        at(1),
    )


@pytest.mark.django_db
def test_an_event_of_ours_that_cannot_be_read_is_parked_and_the_others_go_on() -> None:
    emit()
    run_id = emit()
    spoilt = OutboxEvent.objects.order_by("pk").first()
    assert spoilt
    OutboxEvent.objects.filter(pk=spoilt.pk).update(payload={"job": "none"})

    services.load(limit=100)

    assert (queries.count_waiting(), queries.count_parked()) == (0, 1)
    assert queries.get_run(run_id).state == "COMPLETE"


@pytest.mark.django_db
def test_what_the_database_cannot_do_now_stays_and_parks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    admit([received(run_event("copy"))])

    def away(_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(loading, "project", away)
        with pytest.raises(OperationalError):
            services.load(limit=10)

    assert (queries.count_waiting(), queries.count_parked()) == (1, 0)
    assert services.load(limit=10) == 1


@pytest.mark.usefixtures("committed_database")
def test_several_that_store_what_crosses_wait_for_no_one_that_waits_for_them() -> None:
    expected = _alone()

    def store(seed: int) -> None:
        try:
            facts = crossing(seed)
            for begin in range(0, len(facts), 6):
                project(facts[begin : begin + 6])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(store, range(WORKERS * 3)))

    assert graph_in_words() == expected


def _alone() -> dict[str, Any]:
    with transaction.atomic():
        project(crossing(0))
        found = graph_in_words()
        transaction.set_rollback(True)
    return found


@pytest.mark.usefixtures("committed_database")
def test_workers_at_once_load_each_event_once_and_lose_none() -> None:
    expected = _alone()
    admit(crossing(1))
    runs = [emit(minutes) for minutes in range(5)]
    waiting = WaitingEvent.objects.count() + 10

    def work(_: int) -> int:
        try:
            return sum(iter(lambda: services.load(limit=7), 0))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        loaded = sum(pool.map(work, range(WORKERS)))

    assert loaded == waiting
    assert not WaitingEvent.objects.exists()
    assert all(queries.get_run(run).state == "COMPLETE" for run in runs)
    found = graph_in_words()
    assert {name: found["flows"][name] for name in expected["flows"]} == expected["flows"]


@pytest.mark.usefixtures("committed_database")
def test_a_process_that_dies_while_it_loads_leaves_everything_as_it_was() -> None:
    admit(crossing(2))
    before = WaitingEvent.objects.count()

    def load_and_die() -> None:
        with transaction.atomic():
            assert loading.load_batch(20) == 20
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_and_die()

    assert WaitingEvent.objects.count() == before
    assert not graph_in_words()["jobs"]
    assert services.load(limit=1000) == before
