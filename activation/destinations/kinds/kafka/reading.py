"""A topic, read from its beginning to what is its end now."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from consent.network.errors import DeliveryFailed

_POLL_SECONDS = 0.2


def read_topic(
    described: dict[str, Any], topic: str, *, seconds: float, committed: bool = True
) -> Iterator[Message]:
    """Yield what is written now, or only what of it is committed; those of one key in their order.

    :raises KafkaException: if the brokers cannot be asked.
    :raises DeliveryFailed: if nothing comes for so long: a transaction of somebody else's may hide the end.
    """
    ends = _find_ends(described, topic, seconds)
    reader = Consumer(
        {
            **described,
            "group.id": f"accordant-{uuid4()}",  # nothing is committed under it
            "isolation.level": "read_committed" if committed else "read_uncommitted",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        reader.assign([TopicPartition(topic, partition, 0) for partition in ends])
        yield from _read(reader, topic, ends, seconds)
    finally:
        reader.close()


def audience_of(message: Message) -> str | None:
    """Return which audience a message is of, None if it does not say."""
    found = dict(message.headers() or ()).get("audience")
    return found.decode(errors="replace") if isinstance(found, bytes) else found


def _read(reader: Consumer, topic: str, ends: dict[int, int], seconds: float) -> Iterator[Message]:
    ends_at = time.monotonic() + seconds
    while ends:
        message = reader.poll(_POLL_SECONDS)
        if message is None:
            if time.monotonic() > ends_at:
                raise DeliveryFailed(
                    f"the topic {topic} cannot be read to its end in time (a delivery may be under way):"
                    " run again later"
                )
            continue
        if (error := message.error()) is None:
            yield message
            ends_at = time.monotonic() + seconds
        elif error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        elif (message.offset() or 0) >= ends.get(message.partition() or 0, 0):
            ends.pop(message.partition() or 0, None)


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
