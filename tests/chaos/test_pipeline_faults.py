"""Single faults on the way of suppressions: a worker that comes back too late, one whose clock is wrong."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from activation.enforcement.membership.models import Holding
from activation.enforcement.suppression.delivering import deliver_due
from activation.enforcement.suppression.models import Parcel, Suppression
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.crew import Member
from tests.chaos.pipeline import hands, outbox
from tests.chaos.pipeline.outbox import KEYED, Planned
from tests.chaos.pipeline.receiver import Receiver, count_doubled
from tests.chaos.roles import Role
from tests.chaos.schedules import TEMPLATE
from tests.fakes.service import Asked, Reply, running

pytestmark = pytest.mark.xdist_group("chaos")

DATABASE = "chaos_pipeline_faults"
PATIENCE = 30.0
PEOPLE = 5
_LEASE_LEFT = """
    SELECT leased_until - clock_timestamp() FROM activation_enforcement_parcel WHERE leased_until IS NOT NULL
"""


class Slow(Receiver):
    """Does what the first request asks, and answers it with 503 when it is told to."""

    def __init__(self) -> None:
        super().__init__(is_well=True)
        self.was_asked, self.may_answer = Event(), Event()

    def reply_to(self, asked: Asked) -> Reply | str:
        """Answer."""
        is_first = not self.was_asked.is_set()
        reply = super().reply_to(asked)
        if not is_first:
            return reply
        self.was_asked.set()
        self.may_answer.wait(PATIENCE)
        return Reply(503)


@dataclass
class Scene:
    """A destination with some people to take out, and a worker beside the test."""

    cluster: Cluster
    receiver: Slow
    holding: Holding
    folder: Path

    def worker(self, *, shift: timedelta = timedelta(), mutant: str = "") -> Member:
        """Return a worker that has been started."""
        role = Role("hand", self.cluster.parameters(DATABASE), self.folder)
        member = Member(role, hands.deliver, (KEYED, shift, mutant))
        member.start()
        assert self.receiver.was_asked.wait(PATIENCE), member.log_end()
        return member

    def lease_left(self) -> timedelta:
        """Return how long the parcel that is held will stay so, by the database's clock."""
        [(left,)] = self.cluster.ask(_LEASE_LEFT, DATABASE)
        assert isinstance(left, timedelta)
        return left


@pytest.fixture
def scene(cluster: Cluster, tmp_path: Path) -> Iterator[Scene]:
    """Five people who wait to be taken out."""
    cluster.copy(template=TEMPLATE, name=DATABASE)
    with _dropped(cluster), running(Slow) as receiver, django_connected(cluster.parameters(DATABASE)):
        holding = outbox.connect(KEYED, receiver)
        planned = [Planned(number, KEYED, f"k{number}", 1) for number in range(1, PEOPLE + 1)]
        outbox.write({KEYED: holding}, planned)
        yield Scene(cluster, receiver, holding, tmp_path)


@contextmanager
def _dropped(cluster: Cluster) -> Iterator[None]:
    try:
        yield
    finally:
        cluster.drop(DATABASE)


def _come_back_late(scene: Scene, mutant: str = "") -> tuple[Any, Any]:
    """Stop a worker while another does its work; return the parcel as it was before it went on, and after."""
    worker = scene.worker(mutant=mutant)
    assert worker.life.pid is not None
    os.kill(worker.life.pid, signal.SIGSTOP)
    scene.receiver.may_answer.set()
    deadline = time.monotonic() + PATIENCE
    while scene.lease_left() > timedelta():
        assert time.monotonic() < deadline, "the lease does not end"
    assert deliver_due(destination=KEYED, until=time.monotonic() + PATIENCE) == 1
    before = Parcel.objects.values().get()
    os.kill(worker.life.pid, signal.SIGCONT)
    worker.life.join(PATIENCE)
    assert worker.life.exitcode == 0, worker.log_end()
    return before, Parcel.objects.values().get()


def test_a_worker_that_was_stopped_and_outlives_its_lease_writes_nothing(scene: Scene) -> None:
    before, after = _come_back_late(scene)

    assert after == before
    assert (after["state"], after["attempts"], after["last_error"]) == ("acknowledged", 2, "")
    assert len(scene.receiver.effects) == PEOPLE
    assert count_doubled(scene.receiver.effects) == 0
    assert outbox.count_waiting(KEYED) == 0


def test_without_fencing_such_a_worker_would_be_seen(scene: Scene) -> None:
    before, after = _come_back_late(scene, "fencing is ignored")

    assert after != before
    assert after["last_error"]


@pytest.mark.parametrize("shift", [timedelta(days=1), timedelta(days=-1), timedelta(minutes=20)], ids=str)
def test_a_worker_whose_clock_is_wrong_loses_and_holds_up_nothing(scene: Scene, shift: timedelta) -> None:
    worker = scene.worker(shift=shift)
    left = scene.lease_left()
    scene.receiver.may_answer.set()
    worker.life.join(PATIENCE)
    assert worker.life.exitcode == 0, worker.log_end()

    assert -PATIENCE < left.total_seconds() <= hands.LEASE.total_seconds()  # by the database, not by it
    Parcel.objects.update(next_attempt_at=None)
    deliver_due(destination=KEYED, until=time.monotonic() + PATIENCE)
    assert scene.receiver.complaints == []
    assert len(scene.receiver.effects) == PEOPLE
    assert set(Suppression.objects.values_list("state", flat=True)) == {"acknowledged"}
