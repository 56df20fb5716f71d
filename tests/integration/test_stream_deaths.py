"""A stream's process dies at each point of its loop: afterwards each event is in one topic, once."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.harness_kafka import Broker
from tests.deaths.client import DeathServer, death_server
from tests.deaths.jobs import Ending, Job
from tests.enforcement_world import GERMAN, REFUSED, make_world
from tests.store_world import SharedStore, StoreWorld, make_resolver, store_world
from tests.streams_deaths import AT_LEAST_ONCE_POINTS, POINTS, SHORT
from tests.streams_world import PATIENCE, Topics, a_broker, monotonic, running, tailing

EVENTS = [{"customer_id": GERMAN if number % 2 else REFUSED, "n": number} for number in range(8)]
ALLOWED, DENIED = [1, 3, 5, 7], [0, 2, 4, 6]

pytestmark = pytest.mark.usefixtures("committed_database")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests of this file."""
    with a_broker(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeathServer]:
    """What starts processes that may die."""
    with death_server(tmp_path_factory.mktemp("deaths") / "log") as found:
        yield found


@dataclass
class Scene:
    """Eight events on one partition, and a store of the database that knows their people."""

    deaths: DeathServer
    database: str
    folder: Path
    topics: Topics
    world: StoreWorld

    def job(self, **options: Any) -> Job:
        """Return a stream in a process of its own."""
        return Job(
            database=self.database,
            folder=str(self.folder),
            entry="tests.streams_deaths:stream",
            options={
                "port": self.topics.broker.port,
                "name": self.topics.name,
                "store": str(self.folder / "store"),
                **options,
            },
        )

    def finish(self, **changes: Any) -> None:
        """Let a stream of this process do what is left."""
        self.world.catch_up()
        store = SharedStore(self.world.databases, resolver=make_resolver(), monotonic=monotonic)
        terms = self.topics.terms(**changes)
        with running(terms, self.topics.settings(), store, pace=SHORT) as stream:
            stream.until(lambda: self.count() >= len(EVENTS))

    def count(self) -> int:
        """Return how many different events are in either topic."""
        return len({event["n"] for event in self.topics.allowed()}) + len(self.topics.denied())

    def outcome(self) -> tuple[list[int], list[int]]:
        """Return the numbers of the allowed events, and of the denied ones, each as often as it is there."""
        allowed = [event["n"] for event in self.topics.allowed()]
        denied = [one.data["source"]["offset"] for one in self.topics.read("denied")]
        return sorted(allowed), sorted(denied)


@pytest.fixture
def scene(broker: Broker, deaths: DeathServer, committed_database: str, tmp_path: Path) -> Iterator[Scene]:
    """The events wait."""
    make_world()
    topics = Topics(broker, partitions=1).make()
    topics.send(*EVENTS)
    with store_world(tmp_path / "store") as world:
        yield Scene(deaths, committed_database, tmp_path, topics, world)


@pytest.mark.parametrize("point", POINTS)
def test_whoever_dies_leaves_each_event_in_one_topic_once(scene: Scene, point: str) -> None:
    with tailing(scene.world):
        ending = scene.deaths.carry_out(scene.job(doom=point))
    assert ending.signal == signal.SIGKILL, ending

    scene.finish()

    assert scene.outcome() == (ALLOWED, DENIED)


@pytest.mark.parametrize("point", AT_LEAST_ONCE_POINTS)
def test_without_transactions_nothing_is_lost_either(scene: Scene, point: str) -> None:
    with tailing(scene.world):
        ending = scene.deaths.carry_out(scene.job(doom=point, at_least_once=True))
    assert ending.signal == signal.SIGKILL, ending

    scene.finish()

    allowed, denied = scene.outcome()
    assert (sorted(set(allowed)), sorted(set(denied))) == (ALLOWED, DENIED)


def test_offsets_outside_of_the_transaction_lose_events(scene: Scene) -> None:
    """A mutant: the walk above would see it."""
    with tailing(scene.world):
        ending = scene.deaths.carry_out(scene.job(doom="offsets sent", mutant="offsets first"))
    assert ending.signal == signal.SIGKILL, ending

    store = SharedStore(scene.world.databases, resolver=make_resolver(), monotonic=monotonic)
    with running(scene.topics.terms(), scene.topics.settings(), store, pace=SHORT) as stream:
        stream.until(lambda: scene.topics.allowed() and scene.topics.allowed()[-1]["n"] == 7)

    assert scene.outcome() != (ALLOWED, DENIED)
    assert scene.count() < len(EVENTS)


@dataclass
class Standing:
    """A process that stands still in the middle of a transaction."""

    scene: Scene
    thread: threading.Thread
    endings: list[Ending]
    pid: int

    def go_on(self) -> None:
        """Let it go on, and end when it has seen to what it held."""
        os.kill(self.pid, signal.SIGCONT)
        threading.Event().wait(4.0)
        (self.scene.folder / "stop").touch()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@contextmanager
def standing(scene: Scene, **options: Any) -> Iterator[Standing]:
    """Start a process, and give it once it stands still."""
    endings: list[Ending] = []
    job = scene.job(fate="stands", doom="flushed", **options)
    thread = threading.Thread(target=lambda: endings.append(scene.deaths.carry_out(job)))
    thread.start()
    told, ends_at = scene.folder / "pid", time.monotonic() + PATIENCE
    while not told.exists() or not told.read_text():
        assert time.monotonic() < ends_at
        time.sleep(0.01)
    pid = int(told.read_text())
    try:
        yield Standing(scene, thread, endings, pid)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        thread.join(PATIENCE)


def test_a_process_of_the_same_instance_shuts_out_one_that_stood_still(scene: Scene) -> None:
    with standing(scene) as stood:
        scene.finish()
        stood.go_on()

    assert scene.outcome() == (ALLOWED, DENIED)
    assert stood.endings[0].error == "StreamFenced", stood.endings
