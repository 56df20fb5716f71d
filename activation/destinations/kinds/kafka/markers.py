"""The topic of deliveries: which runs are complete."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from activation.destinations.kinds.interface import Delivery, DeliveryFailed

_POLL_SECONDS = 0.2


class Marker(msgspec.Struct, frozen=True):
    """What is said of a delivery that is complete."""

    run_id: str
    audience: str
    purpose: str
    destination: str
    controller: str
    rows: int
    manifest: str


def make_marker(delivery: Delivery, rows: int) -> bytes:
    """Return the message that says so."""
    marker = Marker(
        run_id=str(delivery.run_id),
        audience=delivery.audience,
        purpose=delivery.purpose,
        destination=delivery.destination,
        controller=delivery.controller,
        rows=rows,
        manifest=delivery.manifest.decode(),
    )
    return msgspec.json.encode(marker)


def find_rows(described: dict[str, Any], topic: str, run_id: UUID, *, seconds: float) -> int | None:
    """Return how many rows the run delivered, None if it did not.

    :raises KafkaException: if the brokers cannot be asked.
    :raises DeliveryFailed: if a transaction of somebody else's hides the end of the topic.
    """
    wanted, rows = str(run_id).encode(), None
    for message in _read(described, topic, ends_at=time.monotonic() + seconds, seconds=seconds):
        value = message.value()
        if message.key() == wanted and value is not None:
            rows = msgspec.json.decode(value, type=Marker).rows
    return rows


def _read(described: dict[str, Any], topic: str, *, ends_at: float, seconds: float) -> Iterator[Message]:
    """Yield what is committed, up to what is written now."""
    ends = _find_ends(described, topic, seconds)
    reader = Consumer(
        {
            **described,
            "group.id": f"accordant-{uuid4()}",  # nothing is committed under it
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        reader.assign([TopicPartition(topic, partition, 0) for partition in ends])
        while ends:
            message = reader.poll(_POLL_SECONDS)
            if time.monotonic() > ends_at:
                raise DeliveryFailed(
                    "the topic of deliveries cannot be read to its end in time (another delivery may be under"
                    " way): run again later"
                )
            if message is None:
                continue
            if (error := message.error()) is None:
                yield message
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            elif (message.offset() or 0) >= ends.get(message.partition() or 0, 0):
                ends.pop(message.partition() or 0, None)
    finally:
        reader.close()


def _find_ends(described: dict[str, Any], topic: str, seconds: float) -> dict[int, int]:
    """Return the offset behind the last message of each partition, whether committed or not."""
    admin = AdminClient(described)
    partitions = admin.list_topics(timeout=seconds).topics[topic].partitions
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the library has it so
    asked = admin.list_offsets(
        {TopicPartition(topic, partition): latest for partition in partitions},
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=seconds,
    )
    return {place.partition: answer.result(seconds).offset for place, answer in asked.items()}
