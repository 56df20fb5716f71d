"""The outbox: an event commits with its fact, leaves in order, and is never lost."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event as Signal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now
from openlineage.client.client import Event
from pytest_django import DjangoDbBlocker, Settings

from lineage.events.builders import abort, complete, fail, start
from lineage.events.types import EventType
from lineage.facets.validation import check_event
from lineage.outbox import tasks, waking
from lineage.outbox.models import Backend, Delivery, OutboxEvent
from lineage.outbox.queries import count_pending, list_events
from lineage.outbox.rules import EventOutOfOrder, InvalidEvent
from lineage.outbox.services import emit_pending, enqueue
from lineage.outbox.tasks import emit_pending as emit_pending_task
from lineage.outbox.types import DeliveryEntry, EmitReport, EventState, OutboxEntry
from tests.lineage_recorder import Recorder
from tests.lineage_runs import NOON, make_run

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LOG = "console"  # the transport if no other is configured


class WorkerKilled(BaseException):
    """Stands for the end of the process: nothing in the code under test catches it."""


@pytest.fixture
def events_file(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / "events.ndjson"
    settings.LINEAGE_FILE = str(path)
    return path


def enqueue_start(run_id: UUID | None = None) -> UUID:
    """Enqueue the START of a run and return the run's id."""
    run = make_run(run_id)
    with transaction.atomic():
        enqueue(event=start(run, at=NOON))
    return run.run_id


def enqueue_whole_run(run_id: UUID | None = None) -> UUID:
    """Enqueue START and COMPLETE of a run and return the run's id."""
    run = make_run(enqueue_start(run_id))
    with transaction.atomic():
        enqueue(event=complete(run, at=NOON + MINUTE))
    return run.run_id


def let_the_rested_go_on() -> None:
    """Have the wait after a failure be over, every lease, and every rest."""
    Delivery.objects.exclude(next_attempt_at=None).update(next_attempt_at=Now())
    Delivery.objects.exclude(leased_until=None).update(leased_until=Now())
    Backend.objects.exclude(rests_until=None).update(rests_until=Now())


def states(run_id: UUID) -> list[EventState]:
    """Return where each event of the run stands at its only transport."""
    return [delivery_of(entry).state for entry in list_events(run_id=run_id)]


def delivery_of(entry: OutboxEntry) -> DeliveryEntry:
    (delivery,) = entry.deliveries
    return delivery


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.django_db
def test_an_event_of_a_fact_that_was_rolled_back_is_gone_with_it() -> None:
    run = make_run()

    with transaction.atomic():
        enqueue(event=start(run, at=NOON))
        transaction.set_rollback(True)

    assert list_events(run_id=run.run_id) == []


@pytest.mark.django_db
def test_an_enqueued_event_waits_as_it_was_built() -> None:
    event = start(make_run(), at=NOON)

    event_id = enqueue(event=event)

    (entry,) = list_events(run_id=UUID(event["run"]["runId"]))
    assert str(event_id) == event["run"]["facets"]["accordant_event"]["eventId"]
    assert (entry.event_id, entry.sequence, entry.event_type) == (event_id, 1, EventType.START)
    assert (delivery_of(entry).state, entry.payload) == (EventState.PENDING, event)
    assert count_pending() == 1


@pytest.mark.django_db
def test_an_invalid_event_is_refused_and_nothing_is_written() -> None:
    event = start(make_run(), at=NOON)
    event["run"]["runId"] = "run-1"

    with pytest.raises(InvalidEvent, match=r"\$\.run\.runId"):
        enqueue(event=event)

    assert count_pending() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("ending", [complete, abort, start])
def test_a_run_that_ended_takes_no_further_event(ending: Callable[..., dict[str, Any]]) -> None:
    run_id = enqueue_whole_run()

    with pytest.raises(EventOutOfOrder):
        enqueue(event=ending(make_run(run_id), at=NOON + HOUR))

    assert len(list_events(run_id=run_id)) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("event_type", "constraint"),
    [("FAIL", "lineage_outbox_one_ending"), ("START", "lineage_outbox_one_start")],
)
def test_the_database_itself_refuses_a_second_start_or_end(event_type: str, constraint: str) -> None:
    run_id = enqueue_whole_run()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        OutboxEvent.objects.create(
            event_id=uuid4(), run_id=run_id, sequence=3, event_type=event_type, payload={}
        )


@pytest.mark.django_db
def test_a_writer_that_lost_the_race_is_told_and_keeps_its_transaction() -> None:
    run_id = enqueue_start()
    event = fail(make_run(run_id), at=NOON, message="input_unreadable")
    taken = event["run"]["facets"]["accordant_event"]["eventId"]
    OutboxEvent.objects.create(event_id=taken, run_id=uuid4(), sequence=1, event_type="START", payload={})

    with pytest.raises(EventOutOfOrder):
        enqueue(event=event)

    assert len(list_events(run_id=run_id)) == 1


@pytest.mark.django_db
def test_events_are_emitted_to_the_file_in_the_order_of_their_run(events_file: Path) -> None:
    first, second = enqueue_whole_run(), enqueue_whole_run()

    report = emit_pending(limit=10)

    lines = lines_of(events_file)
    assert report == EmitReport(emitted=4, waiting=0, parked=0)
    for run_id in (first, second):
        of_run = [line["eventType"] for line in lines if line["run"]["runId"] == str(run_id)]
        assert of_run == ["START", "COMPLETE"]
    assert [check_event(line) for line in lines] == [[]] * 4
    assert states(first) == states(second) == [EventState.EMITTED] * 2
    assert Delivery.objects.filter(emitted_at__lte=Now()).count() == 4


@pytest.mark.django_db
def test_an_emitted_event_is_not_emitted_again(events_file: Path) -> None:
    enqueue_whole_run()
    emit_pending(limit=10)

    assert emit_pending(limit=10) == EmitReport(emitted=0, waiting=0, parked=0)
    assert len(lines_of(events_file)) == 2


@pytest.mark.django_db
def test_no_more_than_the_limit_is_emitted(events_file: Path) -> None:
    enqueue_whole_run()

    assert emit_pending(limit=1) == EmitReport(emitted=1, waiting=1, parked=0)
    assert [line["eventType"] for line in lines_of(events_file)] == ["START"]


@pytest.mark.django_db
def test_an_event_that_could_not_be_delivered_is_kept_and_tried_later(events_file: Path) -> None:
    run_id = enqueue_whole_run()
    events_file.mkdir()  # a folder in the file's place: every write fails

    report = emit_pending(limit=10)

    delivery = delivery_of(list_events(run_id=run_id)[0])
    assert report == EmitReport(emitted=0, waiting=2, parked=0)
    assert (delivery.state, delivery.attempts, delivery.failures) == (EventState.PENDING, 1, 1)
    assert "IsADirectoryError" in delivery.last_error
    events_file.rmdir()
    assert emit_pending(limit=10).emitted == 0  # not before its time
    let_the_rested_go_on()
    assert emit_pending(limit=10) == EmitReport(emitted=2, waiting=0, parked=0)
    assert delivery_of(list_events(run_id=run_id)[0]).last_error == ""


@pytest.mark.django_db
def test_an_end_waits_for_its_start_while_other_runs_go_on() -> None:
    broken, whole = enqueue_whole_run(), enqueue_whole_run()

    def refuse_broken_start(event: Any) -> None:
        if event["run"]["runId"] == str(broken):
            raise ConnectionError("refused")

    transport = Recorder(refuse_broken_start)
    emit_pending(limit=10, transports={LOG: transport})
    Backend.objects.update(rests_until=Now())
    emit_pending(limit=10, transports={LOG: transport})

    assert {event["run"]["runId"] for event in transport.events} == {str(whole)}
    assert states(broken) == [EventState.PENDING] * 2
    assert states(whole) == [EventState.EMITTED] * 2
    let_the_rested_go_on()
    emit_pending(limit=10, transports={LOG: (later := Recorder())})
    assert later.types == ["START", "COMPLETE"]


@pytest.mark.django_db
def test_an_event_that_became_invalid_is_parked_and_holds_back_its_run() -> None:
    run_id, other = enqueue_whole_run(), enqueue_whole_run()
    OutboxEvent.objects.of_run(run_id).filter(sequence=1).update(payload={"run": {"runId": "x"}})

    report = emit_pending(limit=10, transports={LOG: (transport := Recorder())})

    assert report == EmitReport(emitted=2, waiting=1, parked=1)
    assert {event["run"]["runId"] for event in transport.events} == {str(other)}
    assert states(run_id) == [EventState.PARKED, EventState.PENDING]
    assert "$.run.runId" in delivery_of(list_events(run_id=run_id)[0]).last_error


@pytest.mark.django_db
def test_a_crash_between_emitting_and_marking_emits_the_same_event_again() -> None:
    run_id = enqueue_start()

    class Killed(Recorder):
        def emit(self, event: Event) -> None:
            super().emit(event)
            raise WorkerKilled

    before, after = Killed(), Recorder()
    with pytest.raises(WorkerKilled):
        emit_pending(limit=10, transports={LOG: before})
    assert states(run_id) == [EventState.PENDING]
    assert emit_pending(limit=10, transports={LOG: after}).emitted == 0  # while the dead one's lease lasts
    let_the_rested_go_on()

    emit_pending(limit=10, transports={LOG: after})

    assert before.events == after.events
    assert after.events[0]["run"]["facets"]["accordant_event"]["eventId"] == str(
        list_events(run_id=run_id)[0].event_id
    )


@pytest.fixture
def committed_outbox(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the test commit, as two connections must see the same rows, and remove them afterwards."""
    with django_db_blocker.unblock():
        yield
        OutboxEvent.objects.all().delete()
        Backend.objects.all().delete()


@pytest.mark.usefixtures("committed_outbox")
def test_two_emitters_at_once_emit_each_event_once_and_in_order() -> None:
    contested, free = enqueue_whole_run(), enqueue_whole_run()
    holding, done = Signal(), Signal()

    def hold_first(_: Any) -> None:
        holding.set()
        assert done.wait(timeout=30)

    slow, quick = Recorder(hold_first), Recorder()

    def emit_slowly() -> None:
        try:
            emit_pending(limit=1, transports={LOG: slow})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(emit_slowly)
        assert holding.wait(timeout=30)
        try:
            emit_pending(limit=10, transports={LOG: quick})
        finally:
            done.set()
        running.result(timeout=30)

    assert {event["run"]["runId"] for event in quick.events} == {str(free)}
    assert quick.types == ["START", "COMPLETE"]
    assert slow.types == ["START"]
    assert states(contested) == [EventState.EMITTED, EventState.PENDING]


@pytest.mark.usefixtures("committed_outbox")
def test_no_transaction_is_open_and_no_row_locked_while_an_event_is_on_its_way() -> None:
    run_id = enqueue_start()
    seen = []

    def look(_: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            seen.append((connection.in_atomic_block, pool.submit(lock_all).result(timeout=30)))

    def lock_all() -> int:
        try:
            with transaction.atomic():
                return len(Delivery.objects.select_for_update(nowait=True))
        finally:
            connections.close_all()

    emit_pending(limit=10, transports={LOG: Recorder(look)})

    assert seen == [(False, 1)]
    assert states(run_id) == [EventState.EMITTED]


@pytest.mark.usefixtures("committed_outbox")
@pytest.mark.parametrize("fault", [None, ConnectionError("refused")])
def test_an_emitter_that_outlived_its_lease_marks_nothing(fault: Exception | None) -> None:
    run_id = enqueue_whole_run()
    quick = Recorder()

    def outlive(_: Any) -> None:
        let_the_rested_go_on()
        emit_pending(limit=10, transports={LOG: quick})
        if fault:
            raise fault

    report = emit_pending(limit=1, transports={LOG: Recorder(outlive)})

    assert report == EmitReport(emitted=0, waiting=0, parked=0)
    assert quick.types == ["START", "COMPLETE"]
    assert states(run_id) == [EventState.EMITTED] * 2
    assert [delivery_of(entry).last_error for entry in list_events(run_id=run_id)] == ["", ""]


@pytest.mark.usefixtures("committed_outbox")
def test_emitting_inside_of_a_transaction_is_refused() -> None:
    enqueue_start()

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        emit_pending(limit=10, transports={LOG: (transport := Recorder())})

    assert not transport.events


@pytest.mark.django_db
@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 10), (3, 20), (1_000_000, 300)])
def test_attempts_are_spaced_ever_wider_up_to_five_minutes(attempt: int, seconds: int) -> None:
    enqueue_start()
    Delivery.objects.update(failures=attempt - 1)

    def refuse(_: Any) -> None:
        raise ConnectionError("refused")

    emit_pending(limit=1, transports={LOG: Recorder(refuse)})

    rest = Delivery.objects.values_list(F("next_attempt_at") - Now()).get()[0]
    assert timedelta(seconds=seconds - 5) < rest <= timedelta(seconds=seconds)


@pytest.mark.django_db
def test_the_task_emits_and_ignores_arguments_that_a_newer_caller_sends(events_file: Path) -> None:
    enqueue_whole_run()

    assert emit_pending_task.name == "lineage.emit_pending"
    assert emit_pending_task(limit=10, unheard_of=True) == 2
    assert len(lines_of(events_file)) == 2


@pytest.mark.django_db
def test_with_several_transports_each_is_woken_by_its_name(
    events_file: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LINEAGE_CONSOLE = True
    woken: list[Any] = []
    monkeypatch.setattr(tasks, "wake", lambda task, **ids: woken.append((task, ids)))
    enqueue_whole_run()

    assert emit_pending_task() == 0
    assert woken == [("lineage.emit_pending", {"slug": name}) for name in ("file", LOG)]
    assert emit_pending_task(slug="file") == 2
    assert len(lines_of(events_file)) == 2


@pytest.mark.usefixtures("committed_outbox")
def test_a_worker_is_woken_once_when_a_transaction_that_enqueued_is_committed_and_not_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(waking, "wake", woken.append)

    with transaction.atomic():
        enqueue_whole_run()
        assert woken == []
    assert woken == ["lineage.emit_pending"]
    with transaction.atomic():
        enqueue_whole_run()
        transaction.set_rollback(True)
    assert woken == ["lineage.emit_pending"]
