"""Events in a topic of a real broker: each is marked only when the broker says that it has it."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport
from pytest_django import Settings

from lineage.events.builders import start
from lineage.outbox.models import Backend
from lineage.outbox.queries import count_pending
from lineage.outbox.services import emit_pending
from lineage.outbox.transports.kafka import key_of
from lineage.outbox.types import EventState, KafkaSettings
from tests.conformance.harness_kafka import Broker
from tests.lineage_outbox_world import drain, enqueue_whole_run, let_the_rested_go_on, stands
from tests.lineage_runs import NOON, make_run

pytestmark = pytest.mark.django_db
KAFKA = "kafka"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    running = Broker(tmp_path_factory.mktemp("kafka"))
    yield running
    running.stop()


@pytest.fixture
def topic(broker: Broker, settings: Settings) -> str:
    name = f"lineage.{uuid4().hex}"
    servers = f"127.0.0.1:{broker.port}"
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    for made in admin.create_topics([NewTopic(name, 3, 1)]).values():
        made.result(10)
    settings.LINEAGE_KAFKA = KafkaSettings(servers=servers, topic=name, timeout=timedelta(seconds=3))
    return name


@contextmanager
def frozen(broker: Broker) -> Iterator[None]:
    """Have the broker say nothing."""
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)


def read(broker: Broker, topic: str) -> list[Any]:
    """Return the messages in the topic, those of one key in their order."""
    reader = Consumer(
        {
            "bootstrap.servers": f"127.0.0.1:{broker.port}",
            "group.id": "reader",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    reader.assign([TopicPartition(topic, partition, 0) for partition in range(3)])
    found: list[Any] = []
    ended: set[int | None] = set()
    while len(ended) < 3:
        message = reader.poll(10)
        assert message is not None
        if message.error() is None:
            found.append(message)
        else:
            ended.add(message.partition())
    reader.close()
    return found


def kinds_by_run(messages: list[Any]) -> dict[str, list[str]]:
    """Return each run's transitions in the order of the topic, each event once."""
    kinds: dict[str, dict[str, str]] = {}
    for message in messages:
        event = json.loads(message.value())
        event_id = event["run"]["facets"]["accordant_event"]["eventId"]
        kinds.setdefault(event["run"]["runId"], {})[event_id] = event["eventType"]
    return {run_id: list(of_run.values()) for run_id, of_run in kinds.items()}


def test_events_arrive_in_the_order_of_their_run_under_the_key_of_its_root(
    broker: Broker, topic: str
) -> None:
    runs = [enqueue_whole_run() for _ in range(5)]

    report = emit_pending(limit=100)

    messages = read(broker, topic)
    assert (report.emitted, report.waiting) == (10, 0)
    assert kinds_by_run(messages) == {str(run_id): ["START", "COMPLETE"] for run_id in runs}
    assert {message.key() for message in messages} == {b"run:airflow-prod/nightly"}


def test_a_broker_that_says_nothing_has_nothing(broker: Broker, topic: str) -> None:
    run_id = enqueue_whole_run()

    with frozen(broker):
        report = emit_pending(limit=100)
        assert (report.emitted, report.waiting) == (0, 2)
        assert stands(run_id, KAFKA) == [EventState.PENDING] * 2
        assert "did not take it in time" in Backend.objects.get().last_error
    drain()

    assert kinds_by_run(read(broker, topic)) == {str(run_id): ["START", "COMPLETE"]}


def test_a_broker_that_is_away_loses_nothing(broker: Broker, topic: str) -> None:
    runs = [enqueue_whole_run() for _ in range(3)]
    broker.stop()

    report = emit_pending(limit=100)

    assert (report.emitted, report.waiting) == (0, 6)
    broker.start()
    let_the_rested_go_on()
    drain()
    assert count_pending() == 0
    assert kinds_by_run(read(broker, topic)) == {str(run_id): ["START", "COMPLETE"] for run_id in runs}


@pytest.mark.usefixtures("topic")
def test_an_event_that_is_too_large_is_parked(settings: Settings) -> None:
    kafka = cast("KafkaSettings", settings.LINEAGE_KAFKA)
    settings.LINEAGE_KAFKA = KafkaSettings(
        servers=kafka.servers,
        topic=kafka.topic,
        properties={"message.max.bytes": "1000"},
        timeout=kafka.timeout,
    )
    run_id = enqueue_whole_run()

    emit_pending(limit=100)

    assert stands(run_id, KAFKA) == [EventState.PARKED, EventState.PENDING]


@pytest.mark.usefixtures("topic")
def test_what_makes_delivery_sure_cannot_be_configured_away(broker: Broker, settings: Settings) -> None:
    kafka = cast("KafkaSettings", settings.LINEAGE_KAFKA)
    settings.LINEAGE_KAFKA = KafkaSettings(
        servers=kafka.servers,
        topic=kafka.topic,
        properties={"acks": "0", "enable.idempotence": "false"},
        timeout=timedelta(seconds=1),
    )
    run_id = enqueue_whole_run()

    with frozen(broker):
        emit_pending(limit=100)

    assert stands(run_id, KAFKA) == [EventState.PENDING] * 2


def test_the_clients_own_transport_reports_success_while_the_broker_has_nothing(
    broker: Broker, topic: str
) -> None:
    """A mutant: what the emitter would believe without its own transport."""
    config: dict[str, Any] = {
        "bootstrap.servers": f"127.0.0.1:{broker.port}",
        "message.timeout.ms": 500,
        "log_level": 0,
    }
    run_id = enqueue_whole_run()

    with frozen(broker):
        mutant = KafkaTransport(KafkaConfig(config=config, topic=topic, messageKey="x"))
        report = emit_pending(limit=100, transports={KAFKA: mutant})

    assert report.emitted == 2
    assert kinds_by_run(read(broker, topic)).get(str(run_id)) is None


@pytest.mark.parametrize("parent", ["root", "parent", None])
def test_the_key_is_the_one_that_the_client_gives_to_its_own_classes(parent: str | None) -> None:
    event = start(make_run(), at=NOON)
    event["run"]["facets"].pop("parent", None)
    job = {"namespace": "airflow", "name": "dag.task"}
    root = {"root": {"job": {"namespace": "airflow", "name": "dag"}, "run": {"runId": str(uuid4())}}}
    if parent:
        event["run"]["facets"]["parent"] = {"job": job, "run": {}, **(root if parent == "root" else {})}

    expected = {"root": "run:airflow/dag", "parent": "run:airflow/dag.task"}
    own = f"run:{event['job']['namespace']}/{event['job']['name']}"
    assert key_of(event) == expected.get(parent or "", own)
