"""A broker that speaks Kafka's protocol, transactions included, in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import noida_db
import pyarrow as pa
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from activation.destinations.kinds import kafka
from activation.destinations.kinds.interface import Delivery
from tests.conformance.harness import Fault, Harness, Row, Rows, with_column, without_column
from tests.conformance.harness_file import as_form

_PROGRAM = Path(noida_db.__file__).with_name("noida-db")
_CONNECTOR = "activation.destinations.kinds.kafka.connector"
_STARTS_WITHIN = 20.0


class Broker:
    """The process, with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        ends_at = time.monotonic() + _STARTS_WITHIN
        command = [str(_PROGRAM), "start", "--data-dir", str(self._folder), "--only", "kafka"]
        self.process = subprocess.Popen(
            [*command, "--kafka-port", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not self._listens():
            assert time.monotonic() < ends_at
            assert self.process.poll() is None

    def _listens(self) -> bool:
        with socket.socket() as trying:
            return trying.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """End it in good order."""
        self.process.terminate()
        self.process.wait(20)


class KafkaHarness(Harness):
    """Two topics for each test, new ones."""

    kind = kafka.KIND
    faults = frozenset({Fault.HANGS, Fault.UNREACHABLE})
    steps: ClassVar = [f"{_CONNECTOR}.find_rows", f"{_CONNECTOR}.make_marker", f"{_CONNECTOR}.commit"]
    removal_steps: ClassVar = [f"{_CONNECTOR}.keys_of_person", f"{_CONNECTOR}.commit"]
    longest_seconds = 15.0

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.client: dict[str, str | int | float | bool] = {
            "bootstrap.servers": f"127.0.0.1:{broker.port}",
            "log_level": 0,
        }
        self.topic = ""

    def settings(self) -> dict[str, Any]:
        return {
            "servers": [f"127.0.0.1:{self.broker.port}"],
            "topic": self.topic,
            "deliveries_topic": f"{self.topic}.deliveries",
            "security": "plaintext",
            "step_seconds": 2,
            "delivery_seconds": 10,
        }

    def reset(self) -> None:
        self.topic = f"people.{uuid4().hex}"
        topics = [NewTopic(self.topic, 3, 1), NewTopic(f"{self.topic}.deliveries", 1, 1)]
        admin = AdminClient(self.client)
        for made in admin.create_topics(topics).values():
            made.result(10)

    def held(self, audience: str) -> Rows:
        """Return what a reader of committed messages has, who takes out rows at their key's tombstone."""
        rows: list[tuple[bytes, Row]] = []
        for message in self.read():
            if dict(message.headers() or ()).get("audience") != audience.encode():
                continue
            if message.value() is None:
                rows = [(key, row) for key, row in rows if key != message.key()]
            else:
                rows.append((message.key(), json.loads(message.value())))
        return [row for _, row in rows]

    def read(self) -> Iterator[Any]:
        """Yield the committed messages of the topic, those of one key in order."""
        reader = Consumer(
            {
                **self.client,
                "group.id": "harness",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "enable.auto.commit": False,
            }
        )
        reader.assign([TopicPartition(self.topic, partition, 0) for partition in range(3)])
        ended: set[int] = set()
        while len(ended) < 3:
            message = reader.poll(5)
            assert message is not None
            if message.error() is None:
                yield message
            else:
                ended.add(message.partition() or 0)
        reader.close()

    def expected(self, rows: Rows) -> Rows:
        return as_form(rows, "ndjson")

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        if fault is Fault.HANGS:
            os.kill(self.broker.process.pid, signal.SIGSTOP)
            try:
                yield
            finally:
                os.kill(self.broker.process.pid, signal.SIGCONT)
        else:
            self.broker.stop()
            try:
                yield
            finally:
                self.broker.start()

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        for servers in ([], ["host"], ["host:port"], ["a b:9092"], ["user@host:9092"], "host:9092"):
            yield {"servers": servers}, "servers"
        for topic in ("", "a b", "x" * 201, "people\n"):
            yield {"topic": topic}, "topic"
        yield {"deliveries_topic": self.topic}, "different"
        yield {"security": "sasl_tls"}, "user"
        yield {"user": "us"}, "sasl_tls"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "note", with_column(delivery, "note", pa.nulls(delivery.rows, pa.string()))
        yield "tags", with_column(delivery, "tags", pa.array([["a"]] * delivery.rows))
        yield "key_column", without_column(delivery, "customer_id", "email")


@contextmanager
def start(folder: Path) -> Iterator[Harness]:
    """Give a broker of its own."""
    broker = Broker(folder)
    try:
        yield KafkaHarness(broker)
    finally:
        broker.stop()
