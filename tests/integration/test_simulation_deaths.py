"""A simulation seen from outside: how far it is, that it was killed, and that nothing half done is shown."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from threading import Event, Thread
from uuid import UUID

import pytest
from django.utils import timezone

from activation.desk import reading, services
from activation.desk.models import SimulationRun
from activation.desk.simulating import Simulation
from activation.desk.types import RunStatus
from activation.desk.watch import Watch, keep_watch
from consent.keys import services as keys
from consent.subjects import services as subjects
from consent.subjects.models import Subject
from consent.subjects.queries import SubjectStateUnreadable
from tests.enforcement_world import BRITON, GERMAN, WITHDRAWN, make_world
from tests.simulation_world import find, make_draft

# Stands still once the first batch is done, so that it can be looked at and killed.
_STANDING_RUN = """
import sys, time
import django
django.setup()
from uuid import UUID
from django.utils import timezone
from tests.databases import use_databases
from activation.desk import reading, services
use_databases(sys.argv[1])
reading.AT_ONCE = 2
def stand(done, total):
    if done:
        print("standing", flush=True)
        time.sleep(600)
services.run_simulation(run_id=UUID(sys.argv[2]), at=timezone.now(), progress=stand)
"""

pytestmark = pytest.mark.usefixtures("committed_database")


def begin() -> UUID:
    make_world()
    return services.begin_simulation(version_id=make_draft().version_id)


def get(run_id: UUID) -> SimulationRun:
    return SimulationRun.objects.get(pk=run_id)


@pytest.fixture
def standing(committed_database: str) -> Iterator[tuple[subprocess.Popen[str], UUID]]:
    """Give a process that stands still in the middle of a simulation, and the simulation."""
    run_id = begin()
    command = [sys.executable, "-c", _STANDING_RUN, committed_database, str(run_id)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "standing\n"
    yield process, run_id
    process.kill()
    process.wait()
    process.stdout.close()


def wait_until_dead(run_id: UUID) -> None:
    """Wait until PostgreSQL has noticed that the process's connections are gone."""
    for _ in range(200):
        services.close_dead_runs()
        if get(run_id).status != RunStatus.RUNNING:
            return
        time.sleep(0.05)


def test_progress_is_seen_from_outside_and_a_live_run_is_let_be(
    standing: tuple[subprocess.Popen[str], UUID],
) -> None:
    _, run_id = standing

    services.close_dead_runs()

    run = get(run_id)
    assert (run.status, run.subjects_done, run.subjects_total) == (RunStatus.RUNNING, 2, 4)
    assert run.figures is None
    assert services.run_simulation(run_id=run_id, at=timezone.now()) is False


def test_a_killed_run_is_abandoned_without_figures_and_another_can_be_begun(
    standing: tuple[subprocess.Popen[str], UUID],
) -> None:
    process, run_id = standing
    process.send_signal(signal.SIGKILL)
    process.wait()

    wait_until_dead(run_id)
    run = get(run_id)
    again = services.begin_simulation(version_id=run.version_id)
    services.run_simulation(run_id=again, at=timezone.now())

    assert (run.status, run.subjects_done, run.figures) == (RunStatus.ABANDONED, 2, None)
    assert "simulate again" in run.error
    assert get(again).status == RunStatus.COMPLETED


def test_a_run_held_by_another_process_is_not_begun(committed_database: str) -> None:
    run_id = begin()
    held, let_go = Event(), Event()

    def hold() -> None:
        with keep_watch(run_id) as watch:
            assert watch
            held.set()
            let_go.wait(30)

    thread = Thread(target=hold)
    thread.start()
    held.wait(30)
    try:
        assert services.run_simulation(run_id=run_id, at=timezone.now()) is False
    finally:
        let_go.set()
        thread.join()
    assert services.run_simulation(run_id=run_id, at=timezone.now()) is True


def test_all_is_read_from_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = begin()
    monkeypatch.setattr(reading, "AT_ONCE", 1)

    services.run_simulation(
        run_id=run_id,
        at=timezone.now(),
        progress=lambda done, _: in_thread(add_subject) if done == 1 else None,
    )

    figures = get(run_id).figures
    assert figures is not None
    assert figures["people"] == 4
    assert Subject.objects.count() == 5


def add_subject() -> None:
    Subject.objects.create(ref="sub_zzz")  # behind all others


def in_thread(work: Callable[[], object]) -> None:
    """Do `work` on a connection of its own."""
    other = Watch()
    try:
        other.do(work)
    finally:
        other.end()


def test_people_erased_while_it_runs_are_left_out_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = begin()
    monkeypatch.setattr(reading, "AT_ONCE", 1)
    last = max(find(customer) for customer in (GERMAN, BRITON, WITHDRAWN))

    def erase(done: int, _: int) -> None:
        if done == 0:
            in_thread(lambda: subjects.erase_subject(ref=last, requested_by="request:7", at=timezone.now()))

    services.run_simulation(run_id=run_id, at=timezone.now(), progress=erase)

    figures = get(run_id).figures
    assert figures is not None
    assert figures["people"] == 3
    assert figures["scope"]["left_out"] == 1


def test_a_living_person_whose_facts_do_not_open_stops_the_simulation() -> None:
    run_id = begin()
    keys.destroy_keys([find(GERMAN)])

    with pytest.raises(SubjectStateUnreadable):
        services.run_simulation(run_id=run_id, at=timezone.now())

    assert get(run_id).status == RunStatus.FAILED


def test_a_simulation_can_be_interrupted_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = begin()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulation, "sum_up", stop)
    with pytest.raises(KeyboardInterrupt):
        services.run_simulation(run_id=run_id, at=timezone.now())

    assert (get(run_id).status, get(run_id).figures) == (RunStatus.FAILED, None)
