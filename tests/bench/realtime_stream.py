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
from uuid import uuid4

from confluent_kafka import Consumer, Producer, TopicPartition

from activation.enforcement.membership.models import Segment
from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.holding import HeldByNobody, Keeper
from activation.enforcement.streaming.keeping import MembershipKeeper
from activation.enforcement.streaming.running import Surroundings, run_stream
from activation.enforcement.streaming.types import Guarantee, Pace
from activation.snapshots.freshness import SECOND
from activation.snapshots.store.forms import index_key
from activation.snapshots.store.reading import StoreReader
from consent.subjects.rules import read_digest
from consent.subjects.types import IdentifierKind
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.conformance.harness_kafka import Broker
from tests.enforcement_world import BRITON, GERMAN, QUESTION, REFUSED, make_world
from tests.store_world import SharedStore, StoreWorld, make_resolver, store_world
from tests.streams_world import CLOCKS, Topics, a_broker, tailing

PEOPLE = int(os.environ.get("ACCORDANT_BENCH_PEOPLE", "100000"))
EVENTS = int(os.environ.get("ACCORDANT_BENCH_EVENTS", "400000"))
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
    with fresh_database(), tempfile.TemporaryDirectory() as name:
        make_world()
        with a_broker(Path(name) / "broker") as broker, store_world(Path(name) / "store") as world:
            _add_people(world)
            _tell(f"{EVENTS} events about {PEOPLE} people")
            topics = Topics(broker).make()
            _fill(topics)
            bare = _pass_through(topics)
            once = _decide(topics, world, broker, Guarantee.EXACTLY_ONCE)
            least = _decide(topics, world, broker, Guarantee.AT_LEAST_ONCE)
            with tailing(world):
                keeper = MembershipKeeper(audience="visitors", columns={}, **QUESTION)
                kept = _decide(topics, world, broker, Guarantee.EXACTLY_ONCE, keeper)
            _tell(f"{Segment.objects.count()} segments")
    return [
        *_rows("stream: bare loop, exactly once, no decision", bare, None),
        *_rows("stream: exactly once, decided, obligations done", once, bare),
        *_rows("stream: at least once, decided, obligations done", least, bare),
        *_rows("stream: exactly once, decided, obligations done, people kept", kept, bare),
    ]


def _add_people(world: StoreWorld) -> None:
    """Let the store hold many people, each in the state of one of the shop's customers: 3 of 4 said yes."""
    reader, resolver = StoreReader(world.databases), make_resolver()
    states = []
    for customer in (GERMAN, GERMAN, BRITON, REFUSED):
        kind, digest = read_digest(IdentifierKind.CUSTOMER_ID, customer)
        ref = reader.find(kind, resolver.indexes(kind, digest)[0])
        states.append((reader.state(ref) if ref else None) or b"")
    reader.rest()
    with world.databases.environment.begin(write=True) as transaction:
        for number in range(PEOPLE):
            kind, digest = read_digest(IdentifierKind.CUSTOMER_ID, f"user-{number:08}")
            ref = uuid4().bytes
            key = index_key(kind, resolver.indexes(kind, digest)[0])
            transaction.put(key, ref, db=world.databases.index)
            transaction.put(ref, states[number % len(states)], db=world.databases.people)


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
        user = f"user-{number * _STRIDE % PEOPLE:08}"
        event = {
            "event": "page_view",
            "customer_id": user,
            "email": f"{user}@customers.example",
            "page": "/shoes/running/42",
            "price": 19.9,
            "currency": "EUR",
            "session": f"{number * 2654435761 % 2**32:08x}",
            "n": number,
        }
        value = json.dumps(event).encode()
        while True:
            try:
                producer.produce(f"{topics.name}.in", value, user, number % topics.partitions)
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


def _decide(
    topics: Topics, world: StoreWorld, broker: Broker, guarantee: Guarantee, keeper: Keeper | None = None
) -> Spent:
    """Run our stream over the same events."""
    _tell(guarantee)
    targets = Topics(broker, partitions=topics.partitions).make()
    terms = replace(targets.terms(guarantee=guarantee), input=f"{topics.name}.in")
    figures, spent, ended = Figures(), list[Spent](), threading.Event()
    surroundings = Surroundings(
        brokers=topics.settings(),
        store=SharedStore(world.databases, resolver=make_resolver(), monotonic=time.monotonic_ns),
        clocks=CLOCKS,
        bound=3_600 * SECOND,
        should_stop=lambda: figures.allowed + figures.denied >= EVENTS,
        wait=ended.wait,
        keeper=keeper or HeldByNobody(),
    )
    with _spending(spent):
        run_stream(terms, surroundings, figures, Pace(transaction_events=_IN_ONE))
    _tell(f"{figures.allowed} allowed, {figures.denied} denied")
    return spent[0]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)
