"""A stream is told of in windows: each event in one, each window with one ending, however it ends."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from activation.decisions.compiled import NO_POLICY
from activation.enforcement.streaming import recording, windows
from activation.enforcement.streaming.deciding import Answer
from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.models import StreamRun
from activation.enforcement.streaming.tally import Tally
from activation.enforcement.streaming.types import StreamRefused, StreamStatus, StreamTerms
from activation.enforcement.streaming.windows import Windows
from consent.subjects.types import IdentifierKind
from lineage.events.ourselves import DENIED_ROWS
from lineage.leases.rows import from_now
from lineage.running import services as running_runs
from lineage.running.models import OpenRun
from tests.conformance.harness_kafka import Broker
from tests.deaths.client import DeathServer, death_server
from tests.deaths.jobs import Job
from tests.enforcement_world import GERMAN, QUESTION, REFUSED, make_world
from tests.lineage_told import list_runs, list_told
from tests.store_world import SharedStore, make_resolver, store_world
from tests.streams_deaths import SHORT
from tests.streams_world import Topics, a_broker, monotonic, running, tailing

DIGEST = "sha256:" + "ab" * 32
TERMS = StreamTerms(
    purpose=QUESTION["purpose"],
    destination=QUESTION["destination"],
    controller=QUESTION["controller"],
    input="clicks",
    allowed="clicks.allowed",
    denied="clicks.denied",
    group="clicks",
    identifiers=((IdentifierKind.CUSTOMER_ID, ("customer_id",)),),
)
JOB = f"enforce_stream.{TERMS.purpose}.{TERMS.destination}"


class Stream:
    """One process's figures and windows, without brokers: time passes and events are committed as told."""

    def __init__(self, terms: StreamTerms = TERMS) -> None:
        self.process, self.figures = uuid4(), Figures(status=StreamStatus.RUNNING)
        self.windows = Windows(terms, brokers="kafka.example:9092,other:9092", process=self.process)

    def commit(self, allowed: int = 0, digest: str = DIGEST, **denied: int) -> None:
        """Commit so many events, by the rules of this digest."""
        tally = Tally(policy_version=1, watermark=7)
        for _ in range(allowed):
            tally.allow(Answer(True, "allowed", 1, 7, basis="consent"))
        tally.denied.update(denied)
        tally.rules = replace(NO_POLICY, digest=digest), {}
        self.figures.count(tally)

    def tick(self, *, is_last: bool = False) -> None:
        """Tell what happened since, as the recorder does."""
        with transaction.atomic():
            self.windows.tell(self.figures, is_last=is_last)
        self.windows.note_commit()

    def tell_and_fail(self) -> None:
        """Tell, in a transaction that does not come about."""
        with suppress(OperationalError), transaction.atomic():
            self.windows.tell(self.figures)
            raise OperationalError("gone")

    def end_window(self) -> None:
        """Let the window's time be over, and tell."""
        self.windows._length = timedelta()
        self.tick()
        self.windows._length = timedelta(minutes=5)


def counts(event: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    """Return how many events a window says were allowed, and denied by reason."""
    decision = next(facet for name, facet in event["run"]["facets"].items() if "decision" in name.lower())
    return decision["allowed"], decision["deniedByReason"]


def list_endings() -> list[tuple[str, int, dict[str, int]]]:
    return [(one["eventType"], *counts(one)) for one in list_told(JOB) if one["eventType"] != "START"]


def fall_silent() -> int:
    OpenRun.objects.update(alive_until=from_now(-timedelta(seconds=1)))
    return running_runs.close_dead_runs()


def is_tagged(dataset: dict[str, Any], key: str) -> bool:
    tags = dataset["facets"].get("tags", {}).get("tags", [])
    return any((tag["key"], tag["value"]) == (key, "true") for tag in tags)


@pytest.mark.django_db
def test_a_window_is_from_topic_to_topics_and_says_by_which_policy_and_how_many() -> None:
    stream = Stream()
    stream.commit(2, withdrawn=3)
    stream.tick()
    stream.commit(1, refused=1)
    stream.end_window()

    assert list(list_runs().values()) == [["START", "COMPLETE"]]
    start, complete = list_told()
    assert complete["job"]["name"] == JOB
    assert [(one["namespace"], one["name"]) for one in complete["inputs"] + complete["outputs"]] == [
        *(("kafka://kafka.example:9092", name) for name in ("clicks", "clicks.allowed", "clicks.denied")),
        ("accordant://destinations", TERMS.destination),
    ]
    denied = [one["name"] for one in complete["outputs"] if is_tagged(one, DENIED_ROWS)]
    assert denied == ["clicks.denied"]
    assert complete["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 3
    assert counts(complete) == (3, {"refused": 1, "withdrawn": 3})
    assert complete["run"]["facets"]["parent"]["run"]["runId"] == str(stream.process)
    assert start["eventTime"] <= complete["eventTime"]
    assert "outputStatistics" not in start["outputs"][0].get("outputFacets", {})


@pytest.mark.django_db
def test_a_window_without_events_is_none_and_the_next_begins_anew() -> None:
    stream = Stream()
    stream.tick()
    stream.end_window()
    assert list_runs() == {}
    stream.commit(2)
    stream.end_window()
    stream.end_window()
    stream.end_window()
    stream.commit(5)
    stream.tick()
    stream.tick(is_last=True)

    assert [allowed for _, allowed, _ in list_endings()] == [2, 5]


@pytest.mark.django_db
def test_other_rules_are_another_window_to_the_event() -> None:
    stream = Stream()
    stream.commit(2)
    stream.tick()
    stream.commit(1)
    stream.commit(4, digest="sha256:" + "cd" * 32)
    stream.tick(is_last=True)

    assert [(kind, allowed) for kind, allowed, _ in list_endings()] == [("COMPLETE", 3), ("COMPLETE", 4)]


@pytest.mark.django_db
def test_a_stream_that_fails_ends_its_window_so_and_one_that_stops_completes_it() -> None:
    failing, stopping = Stream(), Stream()
    for stream, status in ((failing, StreamStatus.FAILED), (stopping, StreamStatus.STOPPED)):
        stream.commit(1)
        stream.tick()
        stream.figures.status, stream.figures.error = status, "another process took over its place"
        stream.tick(is_last=True)

    assert list(list_runs().values()) == [["START", "FAIL"], ["START", "COMPLETE"]]


@pytest.mark.django_db
def test_one_that_hung_goes_on_in_another_window_and_each_event_is_told_once() -> None:
    stream = Stream()
    stream.commit(2)
    stream.tick()
    assert fall_silent() == 1
    stream.tick()
    stream.commit(3)
    stream.tick()
    stream.tick(is_last=True)

    assert list_endings() == [("ABORT", 2, {}), ("COMPLETE", 3, {})]


@pytest.mark.django_db
def test_one_that_hung_until_its_windows_end_tells_the_rest_in_another() -> None:
    stream = Stream()
    stream.commit(2)
    stream.tick()
    fall_silent()
    stream.commit(3)
    stream.end_window()
    stream.tick(is_last=True)

    assert list_endings() == [("ABORT", 2, {}), ("COMPLETE", 3, {})]


@pytest.mark.django_db
def test_a_tick_that_was_rolled_back_is_told_by_the_next() -> None:
    stream = Stream()
    stream.commit(2)
    stream.tell_and_fail()
    stream.windows._transaction = None  # this test's own transaction goes on: it cannot be asked
    stream.commit(1, digest="sha256:" + "cd" * 32)
    stream.tick(is_last=True)

    assert [allowed for _, allowed, _ in list_endings()] == [2, 1]


@pytest.mark.usefixtures("committed_database")
@pytest.mark.parametrize("is_committed", [True, False])
def test_a_tick_of_which_nobody_heard_whether_it_was_committed_is_told_once(*, is_committed: bool) -> None:
    stream = Stream()
    stream.commit(2)
    stream.tick()
    stream.commit(3)

    stream.windows._length = timedelta()
    if is_committed:
        with transaction.atomic():
            stream.windows.tell(stream.figures)
    else:
        stream.tell_and_fail()
    stream.tick(is_last=True)  # `note_commit` was never called

    assert list_endings() == [("COMPLETE", 5, {})]
    assert list(list_runs().values()) == [["START", "COMPLETE"]]


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 1e9])
def test_a_window_of_no_length_is_refused(seconds: float) -> None:
    with pytest.raises(StreamRefused, match="window"):
        replace(TERMS, window_seconds=seconds)


def test_other_rules_are_told_whole_however_the_thread_comes() -> None:
    stream = Stream()
    stream.commit(2)
    stream.commit(1, digest="sha256:" + "cd" * 32)

    first, now = stream.figures.take()

    assert (first.allowed, first.policy_digest, now.allowed) == (2, DIGEST, 3)
    assert [one.allowed for one in stream.figures.take()] == [3]


# Real processes on a real broker


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


EVENTS = [{"customer_id": GERMAN if number % 2 else REFUSED, "n": number} for number in range(8)]


@pytest.mark.usefixtures("committed_database")
def test_a_real_stream_tells_all_its_events_with_grounds_and_obligations(
    broker: Broker, tmp_path: Path
) -> None:
    make_world()
    topics = Topics(broker, partitions=1).make()
    topics.send(*EVENTS)
    with store_world(tmp_path / "store") as world:
        store = SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)
        with running(topics.terms(), topics.settings(), store) as stream:
            stream.until_events(len(EVENTS))

    assert list(list_runs(JOB).values()) == [["START", "COMPLETE"]]
    assert list_endings() == [("COMPLETE", 4, {"refused": 4})]
    complete = list_told(JOB)[-1]
    facets = complete["run"]["facets"]
    decision = next(facet for name, facet in facets.items() if "decision" in name.lower())
    assert decision["legalBases"] == ["consent"]
    assert decision["obligations"]
    assert facets["parent"]["run"]["runId"] == str(StreamRun.objects.get().pk)
    assert complete["inputs"][0]["namespace"] == f"kafka://127.0.0.1:{broker.port}"


@pytest.mark.parametrize("doom", ["window told", "window committed"])
def test_a_killed_streams_window_is_ended_once_and_the_next_process_tells_the_rest(
    broker: Broker, deaths: DeathServer, committed_database: str, tmp_path: Path, doom: str
) -> None:
    make_world()
    topics = Topics(broker, partitions=1).make()
    topics.send(*EVENTS)
    options = {"port": broker.port, "name": topics.name, "store": str(tmp_path / "store"), "doom": doom}
    with store_world(tmp_path / "store") as world:
        with tailing(world):
            job = Job(
                database=committed_database,
                folder=str(tmp_path),
                entry="tests.streams_deaths:stream",
                options=options,
            )
            ending = deaths.carry_out(job)
        assert ending.signal == signal.SIGKILL, ending
        is_told = doom == "window committed"
        assert list(list_runs(JOB).values()) == [["START"]] * is_told
        assert running_runs.close_dead_runs() == 0  # it may live yet

        assert [fall_silent(), fall_silent()] == [int(is_told), 0]
        assert list(list_runs(JOB).values()) == [["START", "ABORT"]] * is_told

        topics.send(*EVENTS[:2])
        world.catch_up()
        store = SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)
        with running(topics.terms(), topics.settings(), store, pace=SHORT) as stream:
            stream.until(lambda: len(topics.allowed()) == 5 and len(topics.denied()) == 5)

    assert all(kinds in (["START", "ABORT"], ["START", "COMPLETE"]) for kinds in list_runs(JOB).values())
    assert list_endings()[-1][0] == "COMPLETE"


@pytest.mark.usefixtures("committed_database")
def test_a_row_is_kept_though_lineage_refuses_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours in what is told must not make a living stream look dead."""
    monkeypatch.setattr(recording, "KEPT_EVERY", 0.01)
    monkeypatch.setattr(windows, "describe_window", lambda *_, **__: 1 / 0)
    stream = Stream()
    row_id = recording.start_row(TERMS)
    stream.commit(2)

    with recording.Recorder(row_id, stream.figures, stream.windows):
        pass

    assert StreamRun.objects.get(pk=row_id).allowed == 2
    assert connection.in_atomic_block is False
