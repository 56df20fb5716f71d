"""A topic that takes events: sent one by one, each until the brokers say that they have it.

The client's own transport logs what the brokers refuse, and reports success; and it gives no key to an event
that is a plain object. Both are mended here.
"""

import logging
from collections.abc import Mapping
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, Producer
from openlineage.client.client import Event
from openlineage.client.serde import Serde
from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

from lineage.outbox.transports.verdicts import EmissionFailed, EmissionRefused
from lineage.outbox.types import KafkaSettings

_SILENT = logging.getLogger("accordant.lineage.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False  # the library's own lines go on while a broker is away, and say nothing new

_REFUSED = {
    KafkaError.MSG_SIZE_TOO_LARGE: "the event is larger than it takes (`message.max.bytes`)",
    KafkaError.INVALID_RECORD: "the topic takes other messages",
}
_GRACE = 2.0  # seconds that the library has to give up by itself


class AcknowledgedKafkaTransport(KafkaTransport):
    """Sends one event at a time to a topic, and says what became of it."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._seconds = settings.timeout.total_seconds()
        self._trouble: KafkaError | None = None
        super().__init__(KafkaConfig(config=self._describe(settings), topic=settings.topic, flush=True))

    def emit(self, event: Event) -> None:
        """Send `event`, and return once all brokers that must have it do.

        :raises EmissionRefused: if they never will.
        :raises EmissionFailed: if they did not in time.
        """
        if self.producer is None:
            self._setup_producer(self.kafka_config.config)
        producer = cast("Producer", self.producer)
        told: list[KafkaError | None] = []
        payload = cast("Mapping[str, Any]", event)
        try:
            producer.produce(
                topic=self.topic,
                key=key_of(payload),
                value=Serde.to_json(payload).encode(),
                on_delivery=lambda error, _: told.append(error),
            )
            producer.flush(self._seconds + _GRACE)
        except KafkaException as error:
            told.append(error.args[0])
        except BufferError:
            pass
        if (
            not told or told[0] is not None
        ):  # `==` would have the library compare an error with None, and fail
            self._let_go(producer)
            raise self._judge(told[0] if told else None)

    def _let_go(self, producer: Producer) -> None:
        """Forget what is on its way: it is sent anew, and must not come after what follows it then."""
        producer.purge()
        producer.flush(0)
        self.producer = None

    def _judge(self, error: KafkaError | None) -> EmissionFailed | EmissionRefused:
        if error is not None and error.code() in _REFUSED:
            return EmissionRefused(f"Kafka refuses it ({error.name()}): {_REFUSED[error.code()]}")
        names = [one.name() for one in (error, self._trouble) if one is not None]
        self._trouble = None
        return EmissionFailed(f"Kafka did not take it in time ({', '.join(names) or 'no answer'})")

    def _note(self, error: KafkaError) -> None:
        self._trouble = error

    def _describe(self, settings: KafkaSettings) -> dict[str, Any]:
        return {
            "client.id": "accordant",
            **settings.properties,
            "bootstrap.servers": settings.servers,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 0,
            "message.timeout.ms": int(self._seconds * 1000),
            "error_cb": self._note,
            "logger": _SILENT,
        }


def key_of(event: Mapping[str, Any]) -> str:
    """Return the key that the client gives to the event: the job at the root of its run.

    Events of one run lie in one partition, in their order, and so do those of the runs below it.
    """
    parent = event["run"].get("facets", {}).get("parent", {})
    job = parent.get("root", {}).get("job") or parent.get("job") or event["job"]
    return f"run:{job['namespace']}/{job['name']}"
