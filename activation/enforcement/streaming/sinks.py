"""Where events go: in transactions, or at least once."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from activation.enforcement.streaming.brokers import telling
from activation.enforcement.streaming.outgoing import Outgoing
from activation.enforcement.streaming.source import Source
from activation.enforcement.streaming.types import BrokersAway, Guarantee, Pace, StreamTerms

_TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
_REFUSALS = _TOO_LARGE | {
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_RECORD,
    KafkaError.INVALID_TIMESTAMP,
    KafkaError.INVALID_MSG_SIZE,
    KafkaError.POLICY_VIOLATION,
}
_WAIT = 0.05


class MessageRefused(Exception):
    """The brokers refused a message for what it is. Which one, is known only if it was sent by itself."""

    def __init__(self, *, is_too_large: bool) -> None:
        super().__init__("the brokers refused a message")
        self.is_too_large = is_too_large


class Sink(Protocol):
    """Takes messages, and then ends what it took together with the source's offsets."""

    is_open: bool
    """Whether something was begun that is not ended."""

    def begin(self) -> None:
        """Begin, unless something is open."""
        ...

    def send(self, message: Outgoing, partition: int) -> None:
        """Take one message; :raises MessageRefused: if it is refused at once."""
        ...

    def flush(self) -> None:
        """Wait until the brokers have all; :raises MessageRefused, BrokersAway: if they have not."""
        ...

    def commit(self, source: Source) -> None:
        """End it: everything counts, the source's offsets with it."""
        ...

    def abort(self) -> None:
        """End it: nothing counts, as far as that can be."""
        ...

    def close(self) -> None:
        """Let go of the brokers."""
        ...


class _Sending:
    """What both guarantees share: a bounded queue, and failures that are heard of."""

    def __init__(self, configured: Mapping[str, Any], pace: Pace) -> None:
        self._seconds, self._pace = pace.step_seconds, pace
        self._failed: list[KafkaError] = []
        self._producer = Producer(
            {
                "linger.ms": 20,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 100_000,
                "queue.buffering.max.kbytes": 64 * 1024,
                "partitioner": "murmur2_random",  # as Kafka's own clients place keys
                "delivery.report.only.error": True,
                "on_delivery": self._hear,
                **configured,
            }
        )
        self.is_open = False

    def send(self, message: Outgoing, partition: int) -> None:
        """Take one message, and wait while the queue is full."""
        ends_at = 0.0
        while True:
            try:
                self._produce(message, partition)
            except BufferError:
                ends_at = ends_at or time.monotonic() + self._pace.transaction_timeout
                if time.monotonic() > ends_at:
                    raise BrokersAway("Kafka takes the events too slowly") from None
                self._producer.poll(_WAIT)
            except KafkaException as error:
                if error.args[0].code() in _REFUSALS:
                    raise MessageRefused(is_too_large=error.args[0].code() in _TOO_LARGE) from None
                with telling():
                    raise
            else:
                return

    def flush(self) -> None:
        """Wait until the brokers have all."""
        left = self._producer.flush(self._seconds)
        if self._failed:
            failed = self._failed
            self._failed = []
            refused = [one for one in failed if one.code() in _REFUSALS]
            if refused:
                raise MessageRefused(is_too_large=any(one.code() in _TOO_LARGE for one in refused))
            with telling():
                raise KafkaException(failed[0])
        if left:
            raise BrokersAway("Kafka takes the events too slowly: its brokers are away, slow, or in trouble")

    def close(self) -> None:
        """Let go of the brokers; what is in the queue is not sent."""
        with suppress(KafkaException):
            self._producer.purge()
            self._producer.poll(0)

    def _produce(self, message: Outgoing, partition: int) -> None:
        if message.headers is None:
            self._producer.produce(
                message.topic, message.value, message.key, partition, timestamp=message.timestamp
            )
        else:
            self._producer.produce(
                message.topic,
                message.value,
                message.key,
                partition,
                timestamp=message.timestamp,
                headers=message.headers,
            )

    def _hear(self, error: KafkaError | None, _: Message) -> None:
        if error is not None and error.code() not in {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}:
            self._failed.append(error)


class ExactlyOnce(_Sending):
    """One transaction after the other. Another process of the same instance shuts this one out."""

    def __init__(self, described: Mapping[str, Any], terms: StreamTerms, pace: Pace) -> None:
        """End what an earlier process of this instance left open.

        :raises StreamRefused, BrokersAway: if the brokers do not let us.
        """
        timeout = int(pace.transaction_timeout * 1000)
        super().__init__(
            {
                **described,
                "transactional.id": f"accordant.{terms.group}.{terms.instance}",
                "transaction.timeout.ms": timeout,
                "delivery.timeout.ms": timeout,
            },
            pace,
        )
        with telling():
            self._producer.init_transactions(self._seconds)

    def begin(self) -> None:
        """Begin a transaction, unless one is open."""
        if not self.is_open:
            with telling():
                self._producer.begin_transaction()
            self.is_open, self._failed = True, []

    def commit(self, source: Source) -> None:
        """End the transaction: its messages can be seen, and the source's offsets are the group's.

        :raises BrokersAway, StreamFenced: if it cannot be ended so.
        """
        with telling():
            self._producer.send_offsets_to_transaction(
                source.offsets(), source.consumer.consumer_group_metadata(), self._seconds
            )
            self._commit()
        self.is_open = False

    def _commit(self) -> None:
        """Commit. One that took too long may be asked for again: it is the same one."""
        ends_at = time.monotonic() + self._pace.transaction_timeout
        while True:
            try:
                self._producer.commit_transaction(self._seconds)
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > ends_at:
                    raise
            else:
                return

    def abort(self) -> None:
        """End the transaction: none of its messages will be seen.

        :raises BrokersAway, StreamFenced: if the brokers cannot be told.
        """
        if self.is_open:
            self.is_open = False
            with telling():
                self._producer.purge()
                self._producer.abort_transaction(self._seconds)


class AtLeastOnce(_Sending):
    """Messages are seen at once, each once or more; offsets follow when the brokers have them."""

    def __init__(self, described: Mapping[str, Any], _: StreamTerms, pace: Pace) -> None:
        super().__init__(
            {
                **described,
                "enable.idempotence": True,
                "delivery.timeout.ms": int(pace.transaction_timeout * 1000),
            },
            pace,
        )

    def begin(self) -> None:
        """Begin to take messages."""
        self.is_open = True

    def commit(self, source: Source) -> None:
        """Let the source's offsets be the group's: the brokers have everything from before them."""
        offsets: Sequence[TopicPartition] = source.offsets()
        with telling():
            if offsets:
                source.consumer.commit(offsets=list(offsets), asynchronous=False)
        self.is_open = False

    def abort(self) -> None:
        """Take back what is still in the queue: what left, has left."""
        self.is_open = False
        with telling():
            self._producer.purge()
            self._producer.poll(0)
        self._failed = []


def open_sink(described: Mapping[str, Any], terms: StreamTerms, pace: Pace) -> Sink:
    """Return where events go.

    :raises StreamRefused, BrokersAway: if the brokers do not let us.
    """
    make = ExactlyOnce if terms.guarantee is Guarantee.EXACTLY_ONCE else AtLeastOnce
    return make(described, terms, pace)
