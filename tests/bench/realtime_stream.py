"""Streams: events a second through a bare loop, and through ours with decisions, as ratios of one run.

The broker is of the same machine and small: figures are CPU seconds of the loop's own process, in which
the library's threads are counted too. `ACCORDANT_BENCH_EVENTS` says how many events there are.
"""

import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from django.conf import settings
from django.db import connections

from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.readiness import Clocks
from activation.enforcement.streaming.running import Surroundings, run_stream
from activation.enforcement.streaming.types import Guarantee, Pace
from activation.snapshots.freshness import SECOND
from activation.snapshots.local import LocalStore
from activation.snapshots.resolving import Resolver
from consent.subjects.queries import fingerprint
from consent.subjects.types import IdentifierKind
from tests.bench.check import kept
from tests.bench.check.ours import tailing
from tests.bench.check.people import CONTROLLER, DESTINATION, Person
from tests.bench.report import Figure
from tests.conformance.harness_kafka import Broker
from tests.streams_world import Topics, a_broker

PEOPLE = int(os.environ.get("ACCORDANT_BENCH_PEOPLE", "100000"))
EVENTS = int(os.environ.get("ACCORDANT_BENCH_EVENTS", "400000"))
PURPOSE = "advertising.audience"
_STRIDE = 7919
_BATCH, _IN_ONE = 2_000, 20_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What a number of events took."""

    events: int
    cpu: float
    wall: float

    @property
    def rate(self) -> float:
        """Events a CPU second."""
        return self.events / self.cpu


def measure() -> Sequence[Figure]:
    """Return events a CPU second: bare, exactly once with decisions, at least once with decisions."""
    with kept.kept_world(PEOPLE), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        variables = kept.environment() | {"ACCORDANT_SNAPSHOTS": str(folder / "store")}
        with a_broker(folder / "broker") as broker, tailing(variables, log=folder / "tailer.log"):
            _tell(f"{EVENTS} events about {PEOPLE} people")
            topics = Topics(broker).make()
            _fill(topics)
            bare = _pass_through(topics)
            once = _decide(topics, folder / "store", broker, Guarantee.EXACTLY_ONCE)
            least = _decide(topics, folder / "store", broker, Guarantee.AT_LEAST_ONCE)
    return [
        *_rows("stream: bare loop, exactly once, no decision", bare, None),
        *_rows("stream: exactly once, each event decided", once, bare),
        *_rows("stream: at least once, each event decided", least, bare),
    ]


def _rows(name: str, spent: Spent, floor: Spent | None) -> list[Figure]:
    told, ratio = ("the bare loop", spent.cpu / floor.cpu) if floor else ("", None)
    return [
        Figure(f"{name}: events a CPU second", spent.rate, "events/s", told, ratio),
        Figure(f"{name}: by the clock, the broker beside", spent.events / spent.wall, "events/s"),
    ]


def _fill(topics: Topics) -> None:
    """Send the events: of some 200 bytes, people in no order."""
    producer = Producer({**topics.client, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    for number in range(EVENTS):
        person = Person(number * _STRIDE % PEOPLE)
        event = {
            "event": "page_view",
            "user_id": person.user_id,
            "page": "/shoes/running/42",
            "price": 19.9,
            "currency": "EUR",
            "session": f"{number * 2654435761 % 2**32:08x}",
            "n": number,
            "note": "viewed from the newsletter of the week",
        }
        value = json.dumps(event).encode()
        while True:
            try:
                producer.produce(f"{topics.name}.in", value, person.user_id, number % topics.partitions)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1_000 == 0:
            producer.poll(0)
    producer.flush()


@contextmanager
def _spending(kept_in: list[Spent]) -> Iterator[None]:
    before, started = _cpu(), time.perf_counter()
    yield
    kept_in.append(Spent(EVENTS, _cpu() - before, time.perf_counter() - started))


def _pass_through(topics: Topics) -> Spent:
    """Read, write and commit in transactions, and look at nothing."""
    client, spent = topics.client, list[Spent]()
    consumer = Consumer(
        {
            **client,
            "group.id": f"{topics.name}.bare",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "queued.max.messages.kbytes": 32 * 1024,
        }
    )
    producer = Producer(
        {
            **client,
            "transactional.id": f"{topics.name}.bare",
            "linger.ms": 20,
            "compression.type": "lz4",
            "delivery.report.only.error": True,
        }
    )
    producer.init_transactions(30)
    consumer.subscribe([f"{topics.name}.in"])
    with _spending(spent):
        _pass(consumer, producer, topics)
    consumer.close()
    return spent[0]


def _pass(consumer: Consumer, producer: Producer, topics: Topics) -> None:
    done = 0
    while done < EVENTS:
        producer.begin_transaction()
        read, after = 0, dict[int, int]()
        while read < _IN_ONE and done + read < EVENTS:
            for message in consumer.consume(_BATCH, 0.5):
                partition = message.partition() or 0
                producer.produce(
                    f"{topics.name}.allowed",
                    message.value(),
                    message.key(),
                    partition,
                    timestamp=message.timestamp()[1],
                )
                after[partition] = (message.offset() or 0) + 1
                read += 1
            producer.poll(0)
        places = [TopicPartition(f"{topics.name}.in", one, offset) for one, offset in after.items()]
        producer.send_offsets_to_transaction(places, consumer.consumer_group_metadata(), 30)
        producer.commit_transaction(30)
        done += read


def _decide(topics: Topics, store: Path, broker: Broker, guarantee: Guarantee) -> Spent:
    """Run our stream over the same events."""
    _tell(guarantee)
    targets = replace_targets(topics, broker)
    terms = replace(
        targets.terms(),
        input=f"{topics.name}.in",
        purpose=PURPOSE,
        destination=DESTINATION,
        controller=CONTROLLER,
        guarantee=guarantee,
        identifiers=((IdentifierKind.USER_ID, ("user_id",)),),
    )
    figures, spent = Figures(), list[Spent]()
    ended = threading.Event()
    surroundings = Surroundings(
        brokers=topics.settings(),
        store=LocalStore(
            store,
            resolver=Resolver.from_masters(settings.IDENTIFIER_KEYS, settings.TOMBSTONE_KEY),
            monotonic=time.monotonic_ns,
            identity=fingerprint(),
        ),
        clocks=Clocks(monotonic=time.monotonic_ns, micros=lambda: time.time_ns() // 1000),
        bound=30 * SECOND,
        should_stop=lambda: figures.allowed + figures.denied >= EVENTS,
        wait=ended.wait,
    )
    with _spending(spent):
        run_stream(terms, surroundings, figures, Pace(transaction_events=_IN_ONE))
    connections.close_all()
    _tell(f"{figures.allowed} allowed, {figures.denied} denied, {dict(figures.denied_by_reason)}")
    return spent[0]


def replace_targets(topics: Topics, broker: Broker) -> Topics:
    """Return new topics to write to."""
    return Topics(broker, partitions=topics.partitions).make()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)
