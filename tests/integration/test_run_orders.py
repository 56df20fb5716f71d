"""Orders for runs are carried out once each, one at a time per audience, whatever happens to workers."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pyarrow as pa
import pytest
from django.db import connections
from django.utils import timezone
from pyarrow import parquet

from activation.destinations.kinds.interface import Delivery, Receipt
from activation.enforcement import beside, delivering
from activation.enforcement.beside import watch_over
from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing import running, services, work
from activation.enforcement.standing.models import RunOrder
from activation.enforcement.standing.tasks import run_queued
from activation.enforcement.standing.types import OrderSource, WorkStatus
from activation.enforcement.types import DeliveryState, RunStatus
from tests.enforcement_world import AUDIENCE, list_names, make_world, read_csv
from tests.standing_world import DEFINITION, REQUEST, define, folders, get, order, run_once

# Stands still after the first row, or once everything is delivered, so that it can be killed there.
_STANDING_WORKER = """
import sys, time
import django
django.setup()
from pathlib import Path
from uuid import UUID
from django.test import override_settings
from django.utils import timezone
from tests.databases import use_databases
from tests.standing_world import places
from activation.enforcement.standing import running, work
use_databases(sys.argv[1])
def stand(*_, **__):
    print("standing", flush=True)
    time.sleep(600)
if sys.argv[3] == "deciding":
    work.Telling._tell = stand
else:
    running._complete = stand
home = Path(sys.argv[4])
with override_settings(**places(home)):
    running.run_order(order_id=UUID(sys.argv[2]), at=timezone.now())
"""

pytestmark = pytest.mark.usefixtures("committed_database", "audiences")


@pytest.fixture
def audiences(tmp_path: Path, committed_database: str) -> Iterator[Path]:
    make_world()
    with folders(tmp_path) as folder:
        yield folder


@contextmanager
def worker_that_stands(
    database: str, order_id: UUID, home: Path, where: str
) -> Iterator[subprocess.Popen[str]]:
    """Give a worker that stands still in the middle of the order."""
    command = [sys.executable, "-c", _STANDING_WORKER, database, str(order_id), where, str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "standing\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def run_of(order: RunOrder) -> EnforcementRun:
    """Return the run that the order became."""
    assert order.run_id is not None
    return EnforcementRun.objects.get(pk=order.run_id)


def take_up(order_id: UUID) -> None:
    """Have another worker look until PostgreSQL has noticed that the dead one's connections are gone."""
    for _ in range(200):
        if run_queued():
            return
        time.sleep(0.05)
    raise AssertionError(get(order_id).status)


def test_an_order_becomes_a_run_whose_files_bear_the_audiences_name(tmp_path: Path) -> None:
    define()

    done = run_once()

    assert (done.status, done.rows_done, done.rows_total, done.attempt) == (WorkStatus.COMPLETED, 7, 7, 1)
    run = run_of(done)
    assert (run.status, run.allowed) == (RunStatus.COMPLETED, 2)
    name = f"customers-{done.pk.hex}.csv"
    assert list_names(tmp_path / "runs") == [name, f"{name}.evidence", f"{name}.manifest.json"]
    assert len(read_csv(tmp_path / "runs" / name)) == 2
    assert (tmp_path / "runs").stat().st_mode & 0o077 == 0


def test_a_run_without_an_audience_is_named_after_its_purpose(audiences: Path) -> None:
    parquet.write_table(pa.Table.from_pylist(AUDIENCE), audiences / "list.parquet")
    order_id = services.order_run(
        request=replace(REQUEST, input="list.parquet"),
        source=OrderSource.API,
        asked_by="api:tool",
        at=timezone.now(),
    )

    assert run_queued(order_id=str(order_id), later=1) == 1

    done = get(order_id)
    assert (done.status, done.rows_total) == (WorkStatus.COMPLETED, 7)
    run = run_of(done)
    assert Path(run.output).name == f"advertising.audience-{order_id.hex}.parquet"


def test_what_goes_wrong_is_told_in_words_and_delivers_nothing(audiences: Path, tmp_path: Path) -> None:
    define()
    (audiences / "audience.csv").write_text("name\nAlice\n")

    failed = run_once()

    assert failed.status == WorkStatus.FAILED
    assert "no column is named" in failed.error
    (audiences / "audience.csv").unlink()
    assert "there is no such file" in run_once().error
    assert not (tmp_path / "runs").exists() or list_names(tmp_path / "runs") == []


def test_an_order_that_is_done_is_not_done_again() -> None:
    define()
    done = run_once()

    assert not services.run_order(order_id=done.pk, at=timezone.now())
    assert run_queued() == 0
    assert EnforcementRun.objects.count() == 1


def test_progress_is_seen_and_a_stop_is_honoured_between_batches(
    audiences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define()
    parquet.write_table(
        pa.Table.from_pylist(AUDIENCE * 2000), audiences / "audience.parquet", row_group_size=2000
    )
    services.change_audience(
        definition=replace(DEFINITION, request=replace(REQUEST, input="audience.parquet")),
        changed_by="officer 1",
        at=timezone.now(),
    )
    monkeypatch.setattr(work, "_SECONDS_BETWEEN", 0.0)
    seen: list[tuple[str, int, int | None, bool]] = []
    order_id = order()

    def stop_at_once(telling: work.Telling, changes: dict[str, object]) -> None:
        tell(telling, changes)
        found = get(order_id)
        seen.append((found.status, found.rows_done, found.rows_total, found.run_id is not None))
        services.cancel_order(order_id=order_id, asked_by="officer 1", at=timezone.now())

    tell = work.Telling._tell
    monkeypatch.setattr(work.Telling, "_tell", stop_at_once)
    assert services.run_order(order_id=order_id, at=timezone.now())

    [(status, rows, total, has_run)] = seen
    assert (status, total, has_run) == ("running", 14_000, True)
    assert rows > 0
    stopped = get(order_id)
    assert stopped.status == WorkStatus.CANCELLED
    assert run_of(stopped).status == RunStatus.FAILED
    assert list_names(tmp_path / "runs") == []


@pytest.mark.parametrize("where", ["deciding", "delivered"])
def test_an_order_whose_worker_was_killed_is_taken_up_again_and_delivers_once(
    committed_database: str, tmp_path: Path, where: str
) -> None:
    define()
    order_id = order()
    with worker_that_stands(committed_database, order_id, tmp_path, where) as worker:
        assert get(order_id).status == WorkStatus.RUNNING
        assert run_queued() == 0  # a living worker's is let be
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        take_up(order_id)

    done = get(order_id)
    assert (done.status, done.attempt, done.rows_done) == (WorkStatus.COMPLETED, 2, 7)
    completed = EnforcementRun.objects.filter(status=RunStatus.COMPLETED)
    assert [run.pk for run in completed] == [done.run_id]
    assert EnforcementRun.objects.count() == (2 if where == "deciding" else 1)
    assert len(list_names(tmp_path / "runs")) == 3


class Recipient:
    """A connected destination that remembers what it was handed, and says how far it is."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.audiences: list[str] = []
        self._meanwhile = meanwhile

    def prepare(self, delivery: Delivery) -> None:
        """Take everything."""

    def deliver(self, delivery: Delivery, progress: Callable[[int], None]) -> Receipt:
        """Take the rows, while something else happens."""
        self._meanwhile()
        progress(1)
        self.audiences.append(delivery.audience)
        progress(delivery.rows)
        return Receipt(reference="job-1", rows=delivery.rows)


def test_a_run_that_hands_rows_over_goes_on_to_its_end_even_if_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work, "_SECONDS_BETWEEN", 0.0)
    define()
    order_id = order()
    recipient = Recipient(
        lambda: services.cancel_order(order_id=order_id, asked_by="officer 1", at=timezone.now())
    )
    monkeypatch.setattr(delivering, "open_connector", lambda _: recipient)

    assert services.run_order(order_id=order_id, at=timezone.now())

    done = get(order_id)
    assert done.status == WorkStatus.COMPLETED
    assert done.stop_asked_at is not None
    assert (recipient.audiences, run_of(done).delivery) == (["customers"], DeliveryState.ACKNOWLEDGED)


def test_an_order_whose_workers_die_each_time_fails_in_the_end() -> None:
    define()
    order_id = order()
    RunOrder.objects.filter(pk=order_id).update(status=WorkStatus.RUNNING, attempt=work.MOST_ATTEMPTS)

    assert run_queued() == 0

    failed = get(order_id)
    assert failed.status == WorkStatus.FAILED
    assert "its process ended 3 times" in failed.error


def test_two_workers_never_run_one_audience_at_once() -> None:
    assert count_at_once() == 1


def test_without_the_lock_two_workers_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "try_lock", lambda _: True)

    assert count_at_once() == 2


def count_at_once() -> int:
    """Return how many of two workers are carrying out one audience's order at a time."""
    define()
    order_id = order()
    begun, go_on = [Event(), Event()], Event()
    running_now: list[int] = []

    def stand(*_: object) -> None:
        begun[len(running_now)].set()
        running_now.append(1)
        go_on.wait(30)

    def carry_out() -> None:
        services.run_order(order_id=order_id, at=timezone.now())
        connections.close_all()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_carry_out", stand)
        workers = [Thread(target=carry_out) for _ in range(2)]
        workers[0].start()
        assert begun[0].wait(30)
        workers[1].start()
        workers[1].join(3) if not begun[1].wait(3) else None
        go_on.set()
        for worker in workers:
            worker.join(30)
    return len(running_now)


def test_a_worker_that_lost_its_order_delivers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define()
    order_id = order()

    def take_over(telling: work.Telling, changes: dict[str, object]) -> None:
        RunOrder.objects.filter(pk=order_id).update(attempt=2)
        tell(telling, changes)

    tell = work.Telling._tell
    monkeypatch.setattr(work.Telling, "_tell", take_over)

    assert not services.run_order(order_id=order_id, at=timezone.now())
    assert get(order_id).status == WorkStatus.RUNNING
    assert list_names(tmp_path / "runs") == []


def test_a_stop_asked_for_while_no_worker_lives_is_honoured_by_the_next() -> None:
    define()
    order_id = order()
    RunOrder.objects.filter(pk=order_id).update(status=WorkStatus.RUNNING, attempt=1)

    assert services.cancel_order(order_id=order_id, asked_by="x", at=timezone.now()) == WorkStatus.RUNNING
    assert run_queued() == 0
    assert get(order_id).status == WorkStatus.CANCELLED
    assert not EnforcementRun.objects.exists()


def test_a_run_of_the_audience_holds_back_the_next() -> None:
    define()
    order_id = order()
    with watch_over("audience:customers") as held:
        assert held
        assert run_queued() == 0
    assert get(order_id).status == WorkStatus.QUEUED
    assert run_queued() == 1
