"""What a reader of this house takes from the outbox: each event once, those of a run in their order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connections, transaction
from pytest_django import DjangoDbBlocker, Settings

from lineage.events.builders import complete, start
from lineage.outbox.models import OutboxEvent, Unread
from lineage.outbox.services import NotInTransaction, enqueue, take
from tests.lineage_runs import NOON, make_run

GRAPH = "graph"


@pytest.fixture
def committed_outbox(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the test commit, as two connections must see the same rows, and remove them afterwards."""
    with django_db_blocker.unblock():
        yield
        OutboxEvent.objects.all().delete()


def enqueue_whole_run() -> UUID:
    run = make_run()
    with transaction.atomic():
        enqueue(event=start(run, at=NOON))
        enqueue(event=complete(run, at=NOON))
    return run.run_id


def take_all(limit: int = 100) -> list[tuple[UUID, str]]:
    with transaction.atomic():
        return [(entry.run_id, entry.event_type.value) for entry in take(reader=GRAPH, limit=limit)]


@pytest.mark.django_db
def test_a_reader_gets_each_event_once_and_those_of_a_run_in_order() -> None:
    first, second = enqueue_whole_run(), enqueue_whole_run()

    taken = take_all()

    assert [kind for run_id, kind in taken if run_id == first] == ["START", "COMPLETE"]
    assert [kind for run_id, kind in taken if run_id == second] == ["START", "COMPLETE"]
    assert take_all() == []
    assert not Unread.objects.exists()


@pytest.mark.django_db
def test_a_reader_gets_no_more_than_it_asks_for_and_the_rest_later() -> None:
    run_id = enqueue_whole_run()

    assert take_all(limit=1) == [(run_id, "START")]
    assert take_all(limit=1) == [(run_id, "COMPLETE")]


@pytest.mark.django_db
def test_what_a_reader_made_nothing_of_is_unread_again() -> None:
    run_id = enqueue_whole_run()

    with transaction.atomic():
        take(reader=GRAPH, limit=100)
        transaction.set_rollback(True)

    assert take_all() == [(run_id, "START"), (run_id, "COMPLETE")]


@pytest.mark.usefixtures("committed_outbox")
def test_while_one_has_the_start_of_a_run_no_other_gets_its_end_and_nobody_waits() -> None:
    held, free = enqueue_whole_run(), enqueue_whole_run()

    def take_elsewhere() -> list[tuple[UUID, str]]:
        try:
            return take_all()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        mine = take(reader=GRAPH, limit=1)
        theirs = pool.submit(take_elsewhere).result(timeout=30)

    assert [entry.run_id for entry in mine] == [held]
    assert theirs == [(free, "START"), (free, "COMPLETE")]
    assert take_all() == [(held, "COMPLETE")]


@pytest.mark.usefixtures("committed_outbox")
def test_taking_outside_of_a_transaction_is_refused() -> None:
    enqueue_whole_run()

    with pytest.raises(NotInTransaction):
        take(reader=GRAPH, limit=1)

    assert Unread.objects.count() == 2


@pytest.mark.django_db
def test_each_reader_reads_for_itself(settings: Settings) -> None:
    settings.LINEAGE_READERS = (GRAPH, "other")
    enqueue_whole_run()

    assert len(take_all()) == 2
    with transaction.atomic():
        assert len(take(reader="other", limit=100)) == 2
        assert take(reader="unheard_of", limit=100) == []
