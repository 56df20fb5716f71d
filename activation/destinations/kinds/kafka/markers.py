"""The topic of deliveries: which runs are complete."""

from typing import Any
from uuid import UUID

import msgspec

from activation.destinations.kinds.interface import Delivery
from activation.destinations.kinds.kafka.reading import read_topic


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
    for message in read_topic(described, topic, seconds=seconds):
        value = message.value()
        if message.key() == wanted and value is not None:
            rows = msgspec.json.decode(value, type=Marker).rows
    return rows
