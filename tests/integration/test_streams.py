"""Streams: every event is decided by the state as it is now, and is either allowed or denied, once."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from activation.decisions.engine import decide
from activation.decisions.types import Question
from activation.enforcement.membership.types import Member
from activation.enforcement.streaming import brokers, deciding, readiness
from activation.enforcement.streaming.figures import StreamCollector
from activation.enforcement.streaming.holding import ToldPeople
from activation.enforcement.streaming.models import StreamRun
from activation.enforcement.streaming.readiness import Clocks
from activation.enforcement.streaming.running import run_stream
from activation.enforcement.streaming.types import (
    BrokersAway,
    Guarantee,
    NotReady,
    StreamRefused,
    StreamStatus,
)
from activation.snapshots.lanes.lane import Unsettled
from activation.snapshots.local import LocalStore
from activation.snapshots.queries import open_snapshot
from consent.subjects.types import Identifier, IdentifierKind
from tests.conformance.harness_kafka import Broker
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    QUESTION,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    read_csv,
    record_choices,
    run,
    write_csv,
)
from tests.store_world import SharedStore, StoreWorld, make_resolver, store_world
from tests.streams_world import CLOCKS, QUICK, Noting, Topics, a_broker, monotonic, running, tailing

pytestmark = pytest.mark.usefixtures("committed_database")

CUSTOMER, EMAIL = IdentifierKind.CUSTOMER_ID, IdentifierKind.EMAIL
BOTH = ((CUSTOMER, ("customer_id",)), (EMAIL, ("email",)))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests of this file."""
    with a_broker(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture
def world(committed_database: str, tmp_path: Path) -> Iterator[StoreWorld]:
    """The shop's customers, in a store that has caught up."""
    make_world()
    with store_world(tmp_path / "store") as found:
        yield found


@pytest.fixture
def store(world: StoreWorld) -> SharedStore:
    """The store as a stream reads it."""
    return SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)


@pytest.fixture
def topics(broker: Broker) -> Topics:
    """Three new topics."""
    return Topics(broker).make()


def test_each_event_is_decided_by_what_its_person_said(topics: Topics, store: SharedStore) -> None:
    people = [GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER]
    topics.send(*({"customer_id": one, "n": number} for number, one in enumerate(people)))

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.until_events(len(people))

    assert [event["n"] for event in topics.allowed()] == [0, 1]
    assert topics.denied() == {(0, 2): "withdrawn", (0, 3): "refused", (0, 4): "subject_unknown"}


def test_a_denied_event_is_told_of_without_anything_that_it_holds(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    topics.send({"customer_id": REFUSED, "secret": "x"}, key=REFUSED, headers={"trace": b"y"}, partition=1)

    with running(topics.terms(headers=frozenset({"trace"})), topics.settings(), store) as stream:
        stream.until_events(1)

    [told] = topics.read("denied")
    assert (told.key, told.headers) == (None, [])
    assert told.data == {
        "reason": "refused",
        **QUESTION,
        "policy_version": 1,
        "watermark": int(store.watermark),
        "source": {"topic": f"{topics.name}.in", "partition": 1, "offset": 0},
    }
    assert topics.allowed() == []


def test_a_withdrawal_while_the_stream_runs_counts_for_later_events(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    with running(topics.terms(), topics.settings(), store) as stream:
        topics.send({"customer_id": GERMAN, "n": 1, "consent": "granted"})
        stream.until_events(1)
        record_choices(GERMAN, "DE", "granted", "withdrawn")
        world.catch_up()
        topics.send({"customer_id": GERMAN, "n": 2, "consent": "granted"})
        stream.until_events(2)

    assert [event["n"] for event in topics.allowed()] == [1]
    assert topics.denied() == {(0, 1): "withdrawn"}


BAD_EVENTS = [
    (None, "event_empty"),
    (b"", "event_unreadable"),
    (b"no json", "event_unreadable"),
    (b"\xff\xfe\x00", "event_unreadable"),
    (b'{"customer_id":' * 50_000, "event_unreadable"),
    ([GERMAN], "event_not_an_object"),
    ("text", "event_not_an_object"),
    ({"n": 1}, "event_without_identifier"),
    ({"customer_id": ""}, "event_without_identifier"),
    ({"customer_id": None, "email": None}, "event_without_identifier"),
    ({"customer_id": {"is": GERMAN}}, "malformed_identifier"),
    ({"customer_id": "x" * 500}, "malformed_identifier"),
    ({"customer_id": GERMAN, "email": "no address"}, "malformed_identifier"),
    ({"customer_id": GERMAN, "email": "c2@customers.example"}, "identity_ambiguous"),
    ({"customer_id": GERMAN, "note": {"email": ["a@b.example"]}}, "obligation_not_supported"),
    (b'{"customer_id":"00001","customer_id":"00004"}', "refused"),
]


def test_bad_events_are_denied_each_for_its_reason_and_stop_nothing(
    topics: Topics, store: SharedStore
) -> None:
    topics.send(*(event for event, _ in BAD_EVENTS), {"customer_id": GERMAN, "n": "good"})

    with running(topics.terms(identifiers=BOTH), topics.settings(), store) as stream:
        stream.until_events(len(BAD_EVENTS) + 1)

    assert topics.denied() == {(0, place): reason for place, (_, reason) in enumerate(BAD_EVENTS)}
    assert [event["n"] for event in topics.allowed()] == ["good"]


def test_duplicate_late_and_unordered_events_are_decided_each_by_itself(
    topics: Topics, store: SharedStore
) -> None:
    event, hour = {"customer_id": GERMAN, "n": 1, "at": "2001-01-01T00:00:00Z"}, 3_600_000
    now = time.time_ns() // 1_000_000
    topics.send(event, event, timestamp=now - hour)
    topics.send({"customer_id": GERMAN, "n": 0, "at": "1999-01-01T00:00:00Z"}, timestamp=now - 2 * hour)

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.until_events(3)

    allowed = topics.read("allowed")
    assert [one.data["n"] for one in allowed] == [1, 1, 0]
    assert [one.timestamp for one in allowed] == [now - hour, now - hour, now - 2 * hour]


def test_an_event_that_the_brokers_do_not_take_is_denied(topics: Topics, store: SharedStore) -> None:
    topics.send({"customer_id": GERMAN, "n": 1}, {"customer_id": GERMAN, "n": 2}, {"customer_id": REFUSED})

    with running(topics.terms(), topics.settings(), store, run=with_largest(200)) as stream:
        topics.send({"customer_id": GERMAN, "n": 3, "note": "x" * 300}, {"customer_id": GERMAN, "n": 4})
        stream.until_events(5)

    assert [event["n"] for event in topics.allowed()] == [1, 2, 4]
    assert topics.denied() == {(0, 2): "refused", (0, 3): "event_too_large"}


def with_largest(size: int) -> Any:
    """Return what runs a stream whose topic of allowed events takes events of `size` bytes."""

    def run_small(*arguments: Any) -> None:
        from activation.enforcement.streaming import loop  # noqa: PLC0415 - patched here alone

        found = brokers.find_topics
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "find_topics", lambda *a, **k: replace(found(*a, **k), largest=size))
            run_stream(*arguments)

    return run_small


def test_obligations_are_those_of_an_audience_run(
    topics: Topics, store: SharedStore, tmp_path: Path, settings: Any
) -> None:
    settings.MEMBERS, settings.SCRATCH = tmp_path / "members", tmp_path / "scratch"
    people = [
        {"customer_id": GERMAN, "email": "C1@customers.example", "phone": "+491701234561", "spent": "10.50"},
        {"customer_id": BRITON, "email": "c2@customers.example", "phone": "+441701234562", "spent": "07"},
    ]
    write_csv(tmp_path, people)
    run(tmp_path)
    topics.send(*people)

    with running(topics.terms(identifiers=BOTH), topics.settings(), store) as stream:
        stream.until_events(2)

    left = [{name: value for name, value in row.items() if value} for row in read_csv(tmp_path / "out.csv")]
    assert topics.allowed() == left
    assert left[1]["ad_personalization"] == "granted"
    assert "phone" not in left[1]


def test_keys_and_headers_leave_only_as_far_as_they_may(topics: Topics, store: SharedStore) -> None:
    event = {"customer_id": GERMAN, "email": "c1@customers.example"}
    headers = [("trace", b"1"), ("email", b"c1@customers.example"), ("other", b"2")]
    for key in (GERMAN, "c1@customers.example", "C1@Customers.Example"):
        topics.send(event, key=key, headers=headers)

    terms = topics.terms(headers=frozenset({"trace", "email"}))
    with running(terms, topics.settings(), store) as stream:
        stream.until_events(3)

    allowed = topics.read("allowed")
    hidden = sha256(b"c1@customers.example").hexdigest().encode()
    assert [one.key for one in allowed] == [
        GERMAN.encode(),
        hidden,
        sha256(b"C1@Customers.Example").hexdigest().encode(),
    ]
    assert all(one.headers == [("trace", b"1")] for one in allowed)


def test_the_order_of_a_partition_stays(broker: Broker, store: SharedStore) -> None:
    topics = Topics(broker).make(allowed=3)
    numbers = range(200)
    for number in numbers:
        topics.send({"customer_id": GERMAN, "n": number}, partition=number % 2, key=str(number % 2))

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.until_events(len(numbers))

    allowed = [event["n"] for event in topics.allowed()]
    assert sorted(allowed) == list(numbers)
    for half in (0, 1):
        assert [number for number in allowed if number % 2 == half] == [n for n in numbers if n % 2 == half]


# Freshness


class Clock:
    """A monotonic clock that jumps when it is told to."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        """Return the time in nanoseconds."""
        return monotonic() + self.ahead

    def clocks(self) -> Clocks:
        """Return clocks of which this is one."""
        return replace(CLOCKS, monotonic=self)


def test_a_stale_store_decides_nothing_until_it_has_caught_up(topics: Topics, world: StoreWorld) -> None:
    clock = Clock()
    world.tailer._monotonic = clock
    store = SharedStore(world.databases, resolver=make_resolver(), monotonic=clock)
    given: dict[str, Any] = {"clocks": clock.clocks()}
    with running(topics.terms(), topics.settings(), store, **given) as stream:
        topics.send({"customer_id": GERMAN, "n": 1})
        stream.until_events(1)
        clock.ahead = 700_000_000_000
        stream.until(lambda: stream.figures.status is StreamStatus.WAITING)
        record_choices(GERMAN, "DE", "granted", "withdrawn")
        topics.send({"customer_id": GERMAN, "n": 2}, {"customer_id": BRITON, "n": 3})
        stream.until(lambda: stream.figures.lag == 2)
        assert "run_tailer" in stream.figures.waiting_for
        assert (stream.figures.allowed, stream.figures.denied) == (1, 0)
        assert len(topics.allowed()) == 1
        world.catch_up()
        stream.until_events(3)
        assert stream.figures.waiting_for == ""

    assert [event["n"] for event in topics.allowed()] == [1, 3]
    assert topics.denied() == {(0, 1): "withdrawn"}


def test_where_staleness_is_overlooked_an_old_yes_lets_events_pass(
    topics: Topics, world: StoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mutant: the test above would see it."""
    monkeypatch.setattr(readiness.Readiness, "_refuse_old", lambda *_: None)
    clock = Clock()
    clock.ahead = 700_000_000_000
    store = SharedStore(world.databases, resolver=make_resolver(), monotonic=clock)
    record_choices(GERMAN, "DE", "granted", "withdrawn")
    topics.send({"customer_id": GERMAN})

    with running(topics.terms(), topics.settings(), store, clocks=clock.clocks()) as stream:
        stream.until_events(1)

    assert len(topics.allowed()) == 1


def test_what_was_decided_by_a_store_that_is_stale_by_now_is_not_committed(
    topics: Topics, world: StoreWorld
) -> None:
    clock, decided, go_on = Clock(), threading.Event(), threading.Event()
    world.tailer._monotonic = clock
    store = SharedStore(world.databases, resolver=make_resolver(), monotonic=clock)

    def held(_: Sequence[Member]) -> None:
        decided.set()
        go_on.wait(30)

    topics.send({"customer_id": GERMAN})
    with running(
        topics.terms(), topics.settings(), store, clocks=clock.clocks(), keeper=Noting(held)
    ) as stream:
        assert decided.wait(60)
        clock.ahead = 700_000_000_000
        go_on.set()
        stream.until(lambda: stream.figures.status is StreamStatus.WAITING)
        assert topics.allowed() == []
        record_choices(GERMAN, "DE", "granted", "withdrawn")
        world.catch_up()
        stream.until_events(1)

    assert topics.allowed() == []
    assert topics.denied() == {(0, 0): "withdrawn"}


def test_a_missing_store_or_one_of_other_keys_lets_nothing_pass(
    topics: Topics, world: StoreWorld, tmp_path: Path
) -> None:
    topics.send({"customer_id": GERMAN})
    for place, identity in ((tmp_path / "none", None), (tmp_path / "store", b"others")):
        store = LocalStore(place, resolver=make_resolver(), monotonic=monotonic, identity=identity)
        if identity is not None:
            world.databases.environment.close()  # LMDB opens it once in a process
        with running(topics.terms(), topics.settings(), store) as stream:
            stream.until(lambda: stream.figures.status is StreamStatus.WAITING)
            assert "no whole decision store" in stream.figures.waiting_for

    assert (topics.allowed(), topics.denied()) == ([], {})


def test_without_a_policy_nothing_passes(topics: Topics, committed_database: str, tmp_path: Path) -> None:
    topics.send({"customer_id": GERMAN})
    with store_world(tmp_path / "store") as world:
        store = SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)
        with running(topics.terms(), topics.settings(), store) as stream:
            stream.until(lambda: stream.figures.status is StreamStatus.WAITING)
            assert "policy" in stream.figures.waiting_for
            make_world()
            world.catch_up()
            stream.until_events(1)

    assert len(topics.allowed()) == 1


def test_whom_the_store_cannot_settle_postgresql_is_asked_about(
    topics: Topics, store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "_lead", _unsettled)
    topics.send({"customer_id": GERMAN}, {"customer_id": REFUSED}, {"customer_id": STRANGER})

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.until_events(3)

    assert len(topics.allowed()) == 1
    assert topics.denied() == {(0, 1): "refused", (0, 2): "subject_unknown"}
    assert stream.figures.asked_elsewhere == 3


def test_while_postgresql_cannot_be_asked_about_them_nothing_is_read_on(
    topics: Topics, store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "_lead", _unsettled)
    topics.send({"customer_id": GERMAN}, {"customer_id": REFUSED})

    def ask(*_: Any, **__: Any) -> Any:
        raise NotReady("it does not answer")

    with running(topics.terms(), topics.settings(), store, ask=ask) as stream:
        stream.until(lambda: stream.figures.status is StreamStatus.WAITING)

    assert (topics.allowed(), topics.denied()) == ([], {})


def test_where_the_unsettled_pass_a_refusal_is_not_heeded(
    topics: Topics, store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mutant: the two tests above would see it."""

    def let_pass(decider: deciding.Decider, basis: readiness.Basis, people: list[Any]) -> None:
        decider._answers |= dict.fromkeys(people, deciding.Answer(True, "granted", 1, basis.watermark))

    monkeypatch.setattr(deciding, "_lead", _unsettled)
    monkeypatch.setattr(deciding.Decider, "_ask_elsewhere", let_pass)
    topics.send({"customer_id": REFUSED})

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.until_events(1)

    assert len(topics.allowed()) == 1


def _unsettled(*_: Any) -> Any:
    raise Unsettled


# Against the engine


def test_every_small_combination_is_decided_as_the_engine_does(topics: Topics, store: SharedStore) -> None:
    customers = [GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER, ""]
    addresses = ["c1@customers.example", "c3@customers.example", "c9@customers.example", "odd", ""]
    events = [
        {"customer_id": one, "email": other, "n": n}
        for n, (one, other) in enumerate(product(customers, addresses))
    ]
    topics.send(*events)

    with running(topics.terms(identifiers=BOTH), topics.settings(), store) as stream:
        stream.until_events(len(events))

    told = {place[1]: reason for place, reason in topics.denied().items()}
    told |= dict.fromkeys((event["n"] for event in topics.allowed()), "granted")
    assert told == {event["n"]: by_the_engine(event) for event in events}


def by_the_engine(event: dict[str, Any]) -> str:
    """Return the engine's reason; ours where the event names nobody, or nobody who can be."""
    given = [(kind, event[name]) for kind, (name,) in BOTH if event[name]]
    if not given:
        return "event_without_identifier"
    if "odd" in event.values():
        return "malformed_identifier"
    at = timezone.now()
    with open_snapshot(at=at) as snapshot:
        [state] = snapshot.load_states([[Identifier(*one) for one in given]])
    question = Question(
        purpose=QUESTION["purpose"], destination=QUESTION["destination"], controller=QUESTION["controller"]
    )
    return decide(snapshot.policy, snapshot.register, state, question, at).reason.value


# Membership


def test_whom_a_stream_sends_is_told_before_it_can_be_seen_and_once(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    told: list[list[Member]] = []
    seen: list[int] = []

    def held(members: Sequence[Member]) -> None:
        seen.append(len(topics.allowed()))
        told.append(list(members))

    known = ToldPeople()
    given: dict[str, Any] = {"keeper": Noting(held), "told": known}
    with (
        tailing(world) as lock,
        running(topics.terms(identifiers=BOTH), topics.settings(), store, **given) as stream,
    ):
        topics.send({"customer_id": GERMAN, "email": "c1@customers.example"})
        stream.until_events(1)
        topics.send({"customer_id": GERMAN, "email": "c1@customers.example"})
        stream.until_events(2)
        assert len(told) == 1
        known.forget([told[0][0].ref])
        topics.send({"customer_id": GERMAN, "email": "c1@customers.example"})
        stream.until_events(3)
        with lock:
            record_choices(GERMAN, "DE", "granted", "withdrawn", "granted")
            world.catch_up()
        topics.send({"customer_id": GERMAN, "email": "c1@customers.example"}, {"customer_id": REFUSED})
        stream.until_events(5)

    [member] = told[0]
    assert member.ref.startswith("sub_")
    assert member.identifiers == {
        CUSTOMER: (GERMAN,),
        EMAIL: (sha256(b"c1@customers.example").hexdigest(),),
    }
    assert [len(members) for members in told] == [1, 1, 1]
    assert seen == [0, 2, 3]


def test_nothing_leaves_while_nobody_can_take_note_of_it(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    failing = [True]

    def held(_: Sequence[Member]) -> None:
        if failing[0]:
            raise ConnectionError

    for guarantee in Guarantee:
        failing[0] = True
        fresh = Topics(topics.broker).make()
        fresh.send({"customer_id": GERMAN}, {"customer_id": REFUSED})
        terms = fresh.terms(guarantee=guarantee)
        given: dict[str, Any] = {"keeper": Noting(held)}
        with tailing(world), running(terms, fresh.settings(), store, **given) as stream:
            stream.until(lambda: stream.figures.status is StreamStatus.WAITING)
            assert fresh.allowed() == []
            failing[0] = False
            stream.until_events(2)
        assert len(fresh.allowed()) == 1


# Processes


def test_two_instances_share_the_partitions(topics: Topics, world: StoreWorld, store: SharedStore) -> None:
    other = SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)
    with (
        running(topics.terms(instance="one"), topics.settings(), store) as one,
        running(topics.terms(instance="two"), topics.settings(), other) as two,
    ):
        one.until(lambda: one.figures.partitions == two.figures.partitions == 1)
        for number in range(20):
            topics.send({"customer_id": GERMAN, "n": number}, partition=number % 2)
        one.until(lambda: one.figures.allowed + two.figures.allowed == 20)

    assert sorted(event["n"] for event in topics.allowed()) == list(range(20))
    assert one.figures.allowed == two.figures.allowed == 10


def test_a_process_without_a_partition_says_that_it_waits_for_one(
    broker: Broker, world: StoreWorld, store: SharedStore
) -> None:
    topics = Topics(broker, partitions=1).make()
    other = SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)
    impatient = replace(QUICK, idle_seconds=0.2)
    with (
        running(topics.terms(instance="one"), topics.settings(), store, pace=impatient) as one,
        running(topics.terms(instance="two"), topics.settings(), other, pace=impatient) as two,
    ):
        one.until(lambda: one.figures.partitions + two.figures.partitions == 1)
        [idle] = [stream for stream in (one, two) if not stream.figures.partitions]
        idle.until(lambda: idle.figures.status is StreamStatus.WAITING)
        assert "no partition" in idle.figures.waiting_for


def test_a_stream_that_is_told_to_stop_commits_what_it_decided(topics: Topics, store: SharedStore) -> None:
    slow = replace(QUICK, transaction_seconds=60.0)
    topics.send({"customer_id": GERMAN})
    told = threading.Event()

    with running(topics.terms(), topics.settings(), store, pace=slow) as stream:
        stream.until(lambda: stream.figures.status is StreamStatus.RUNNING)
        stream.until(lambda: stream.figures.lag is not None)
        told.wait(1.0)

    assert len(topics.allowed()) == stream.figures.allowed
    row = StreamRun.objects.get()
    assert (row.status, row.events) == (StreamStatus.STOPPED, stream.figures.allowed)
    assert row.ended_at is not None


def test_the_row_and_the_metrics_say_how_a_stream_stands(topics: Topics, store: SharedStore) -> None:
    topics.send({"customer_id": GERMAN}, {"customer_id": REFUSED})

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.until_events(2)
        registry = CollectorRegistry()
        registry.register(StreamCollector(topics.terms(), stream.figures))
        metrics = generate_latest(registry).decode()

    row = StreamRun.objects.get()
    assert (row.status, row.events, row.allowed, row.denied) == (StreamStatus.STOPPED, 2, 1, 1)
    assert row.denied_by_reason == {"refused": 1}
    assert row.watermark == int(store.watermark)
    assert 'accordant_stream_lag_events{destination="ads"' in metrics
    assert 'effect="deny"' in metrics
    assert 'reason="refused"' in metrics


def test_brokers_that_are_away_at_the_start_are_told_of(topics: Topics, store: SharedStore) -> None:
    nowhere = replace(topics.settings(), brokers="127.0.0.1:1")
    impatient = replace(QUICK, step_seconds=1.0)

    with running(topics.terms(), nowhere, store, pace=impatient) as stream:
        stream.thread.join(60)

    [error] = stream.failed
    assert isinstance(error, BrokersAway)
    assert StreamRun.objects.get().status == StreamStatus.FAILED


def test_a_topic_that_is_not_there_is_told_of(broker: Broker, store: SharedStore) -> None:
    topics = Topics(broker)

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.thread.join(60)

    [error] = stream.failed
    assert isinstance(error, StreamRefused)
    assert f"{topics.name}.in" in str(error)
    assert StreamRun.objects.get().error == str(error)
