"""A stream over a real broker, a real PostgreSQL and a store that a tailer keeps."""

import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from django.db import connections

from activation.enforcement.membership.types import Member
from activation.enforcement.streaming.brokers import BrokerSettings
from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.holding import HeldByNobody
from activation.enforcement.streaming.readiness import Clocks
from activation.enforcement.streaming.running import Surroundings, run_stream
from activation.enforcement.streaming.types import Pace, StreamTerms
from activation.snapshots.freshness import SECOND
from activation.snapshots.local import LocalStore
from consent.subjects.types import IdentifierKind
from tests.conformance.harness_kafka import Broker
from tests.enforcement_world import QUESTION
from tests.store_world import StoreWorld

QUICK = Pace(
    transaction_seconds=0.05,
    transaction_timeout=10.0,
    session_timeout=6.0,
    step_seconds=10.0,
    look_seconds=0.02,
    first_pause=0.05,
    longest_pause=0.2,
)
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Read:
    """A message as a reader of what is committed has it."""

    key: bytes | None
    value: bytes | None
    partition: int
    headers: list[tuple[str, Any]]
    timestamp: int

    @property
    def data(self) -> Any:
        """The JSON in it."""
        return json.loads(self.value or b"null")


@dataclass
class Topics:
    """Three topics of a test's own, on one broker."""

    broker: Broker
    name: str = field(default_factory=lambda: f"events.{uuid4().hex[:12]}")
    partitions: int = 2

    def __post_init__(self) -> None:
        self.client: dict[str, Any] = {
            "bootstrap.servers": f"127.0.0.1:{self.broker.port}",
            "log_level": 0,
        }

    def make(self, **changes: int) -> "Topics":
        """Make them; `changes` are numbers of partitions that differ, by the end of the name."""
        wanted = {"in": self.partitions, "allowed": self.partitions, "denied": self.partitions} | changes
        topics = [NewTopic(f"{self.name}.{end}", count, 1) for end, count in wanted.items()]
        admin = AdminClient(self.client)
        for made in admin.create_topics(topics).values():
            made.result(10)
        return self

    def terms(self, **changes: Any) -> StreamTerms:
        """Return the terms of a stream over them."""
        given: dict[str, Any] = {
            **QUESTION,
            "input": f"{self.name}.in",
            "allowed": f"{self.name}.allowed",
            "denied": f"{self.name}.denied",
            "group": f"{self.name}.group",
            "identifiers": ((IdentifierKind.CUSTOMER_ID, ("customer_id",)),),
            "instance": "one",
            **changes,
        }
        return StreamTerms(**given)

    def settings(self) -> BrokerSettings:
        """Return how they are reached."""
        return BrokerSettings(
            brokers=self.client["bootstrap.servers"],
            security="plaintext",
            user="",
            password="",
            mechanism="SCRAM-SHA-512",
            ca_file="",
        )

    def send(self, *values: Any, partition: int = 0, **given: Any) -> None:
        """Send events: bytes as they are, None as no value, anything else as JSON."""
        producer = Producer(self.client)
        for value in values:
            data = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
            producer.produce(f"{self.name}.in", data, partition=partition, **given)
        assert producer.flush(10) == 0

    def read(self, end: str) -> list[Read]:
        """Return what is committed in one of them, in the order of each partition."""
        return list(self._read(f"{self.name}.{end}"))

    def _read(self, topic: str) -> Iterator[Read]:
        reader = Consumer(
            {
                **self.client,
                "group.id": f"reader.{uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "enable.auto.commit": False,
            }
        )
        count = len(reader.list_topics(topic, timeout=10).topics[topic].partitions)
        reader.assign([TopicPartition(topic, partition, 0) for partition in range(count)])
        ended: set[int] = set()
        while len(ended) < count:
            message = reader.poll(10)
            assert message is not None
            if message.error() is not None:
                ended.add(message.partition() or 0)
                continue
            yield Read(
                message.key(),
                message.value(),
                message.partition() or 0,
                list(dict(message.headers() or ()).items()),
                message.timestamp()[1],
            )
        reader.close()

    def allowed(self) -> list[Any]:
        """Return the allowed events that are committed."""
        return [one.data for one in self.read("allowed")]

    def denied(self) -> dict[tuple[int, int], str]:
        """Return the reason of each denied event that is committed, by its place."""
        told = [one.data for one in self.read("denied")]
        return {(one["source"]["partition"], one["source"]["offset"]): one["reason"] for one in told}


@dataclass
class Running:
    """A stream in a thread of this process."""

    figures: Figures
    stop: threading.Event
    thread: threading.Thread
    failed: list[BaseException]

    def until(self, holds: Callable[[], object], *, seconds: float = PATIENCE) -> None:
        """Wait until something holds."""
        ends_at = time.monotonic() + seconds
        while not holds():
            assert not self.failed, self.failed
            assert time.monotonic() < ends_at, self.figures
            time.sleep(0.01)

    def until_events(self, count: int) -> None:
        """Wait until so many events are committed."""
        self.until(lambda: self.figures.allowed + self.figures.denied >= count)

    def end(self) -> None:
        """Tell it to stop, and wait until it has."""
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def monotonic() -> int:
    """Return the time in nanoseconds."""
    return time.monotonic_ns()


CLOCKS = Clocks(monotonic=monotonic, micros=lambda: time.time_ns() // 1000)


class Noting(HeldByNobody):
    """Tells `note` of the members, and hears of nobody who is taken out."""

    is_followed = True

    def __init__(self, note: Callable[[Sequence[Member]], None]) -> None:
        self._note = note

    def keep(self, members: Sequence[Member], *, world: str) -> Collection[str]:  # noqa: ARG002
        """Tell of them."""
        self._note(members)
        return ()


def until(holds: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@contextmanager
def tailing(world: StoreWorld) -> Iterator[threading.Lock]:
    """Let the store be kept up by a thread; nothing else may drive it, unless it holds the lock."""
    ends, lock = threading.Event(), threading.Lock()

    def work() -> None:
        while not ends.wait(0.02):
            with lock:
                world.tailer.poll()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lock
    finally:
        ends.set()
        thread.join(30)


@contextmanager
def running(
    terms: StreamTerms,
    brokers: BrokerSettings,
    store: LocalStore,
    *,
    pace: Pace = QUICK,
    bound: float = 600.0,
    clocks: Clocks = CLOCKS,
    run: Callable[..., None] = run_stream,
    **given: Any,
) -> Iterator[Running]:
    """Give a stream that runs; stop it in the end."""
    stop, figures, failed = threading.Event(), Figures(), []
    surroundings = Surroundings(
        brokers=brokers,
        store=store,
        clocks=clocks,
        bound=int(bound * SECOND),
        should_stop=stop.is_set,
        wait=stop.wait,
        **given,
    )

    def work() -> None:
        try:
            run(terms, surroundings, figures, pace)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            failed.append(error)
        finally:
            connections.close_all()

    stream = Running(figures, stop, threading.Thread(target=work), failed)
    stream.thread.start()
    try:
        yield stream
    finally:
        stream.end()


@contextmanager
def a_broker(folder: Path) -> Iterator[Broker]:
    """Give a broker of its own."""
    broker = Broker(folder)
    try:
        yield broker
    finally:
        broker.process.kill()
        broker.process.wait(20)


def places_of(events: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the number of each event that carries one."""
    return [event["n"] for event in events]
