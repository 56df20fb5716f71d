"""The topic that a stream reads: which partitions are ours, how far they are read, and how far behind."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from confluent_kafka import OFFSET_STORED, Consumer, KafkaError, KafkaException, Message, TopicPartition

from activation.enforcement.streaming.brokers import tell, telling
from activation.enforcement.streaming.types import BrokersAway, Pace, StreamTerms

_PASSING = frozenset({KafkaError._PARTITION_EOF})


class Source:
    """Reads what is committed, and gives partitions up only between two transactions."""

    def __init__(
        self,
        described: Mapping[str, Any],
        terms: StreamTerms,
        pace: Pace,
        *,
        before_revoked: Callable[[bool], None],
    ) -> None:
        """Join the group. `before_revoked` ends what is open, before partitions are given up.

        It is told whether they are lost already.
        """
        self._topic, self._before_revoked = terms.input, before_revoked
        self._seconds = pace.step_seconds
        self.partitions: frozenset[int] = frozenset()
        """Those that are ours."""
        self._first: dict[int, int] = {}
        self._after: dict[int, int] = {}
        self._committed: dict[int, int] = {}
        self._is_paused = False
        self.consumer = Consumer(_configure(described, terms, pace))
        self.consumer.subscribe(
            [terms.input], on_assign=self._take_over, on_revoke=self._give_up, on_lost=self._lose
        )

    def take(self, most: int, seconds: float) -> list[Message]:
        """Return at most `most` events, after at most `seconds`.

        :raises BrokersAway, StreamRefused: if they cannot be read.
        """
        with telling():
            messages = self.consumer.consume(most, seconds)
        events = [message for message in messages if self._is_event(message)]
        for message in events:
            partition, offset = _place(message)
            self._first.setdefault(partition, offset)
            self._after[partition] = offset + 1
        return events

    def pause(self) -> None:
        """Read nothing on, and stay in the group."""
        if not self._is_paused:
            self._is_paused = True
            with telling():
                self.consumer.pause(self._places(self.partitions))

    def resume(self) -> None:
        """Read on."""
        if self._is_paused:
            self._is_paused = False
            with telling():
                self.consumer.resume(self._places(self.partitions))

    def offsets(self) -> list[TopicPartition]:
        """Return where each partition that was read from goes on."""
        return [TopicPartition(self._topic, partition, after) for partition, after in self._after.items()]

    def settle(self) -> None:
        """Take for committed what was read until now."""
        self._committed |= self._after
        self._first, self._after = {}, {}

    def rewind(self) -> None:
        """Read anew what was read and not committed."""
        starts = {**self._committed, **self._first}
        self._first, self._after = {}, {}
        if not self.partitions:
            return
        with telling():
            self.consumer.assign(
                [
                    TopicPartition(self._topic, partition, starts.get(partition, OFFSET_STORED))
                    for partition in sorted(self.partitions)
                ]
            )
            if self._is_paused:
                self.consumer.pause(self._places(self.partitions))

    def reached(self) -> dict[int, int]:
        """Return the offset behind the last event of each partition that was read from, and not committed."""
        return dict(self._after)

    def lag(self, *, is_exact: bool) -> int | None:
        """Return how many offsets are not committed yet; None if that is not known.

        It is worked out from what the last reads said, unless it is to be exact: then the brokers are asked.
        """
        lag = 0
        for partition in self.partitions:
            try:
                low, high = self.consumer.get_watermark_offsets(
                    TopicPartition(self._topic, partition), timeout=self._seconds, cached=not is_exact
                )
            except KafkaException:
                return None
            if high < 0:
                return None
            reached = self._committed.get(partition)
            lag += max(0, high - (self._stored(partition, low) if reached is None else reached))
        return lag

    def close(self) -> None:
        """Leave the group; what is open is not ended by this."""
        self._before_revoked = lambda _: None
        with suppress(KafkaException, RuntimeError):
            self.consumer.close()

    def _stored(self, partition: int, low: int) -> int:
        """Return how far the group is known to have read a partition that we have not read from yet."""
        try:
            [stored] = self.consumer.committed(
                [TopicPartition(self._topic, partition)], timeout=self._seconds
            )
        except KafkaException:
            return low
        if stored.offset >= 0:
            self._committed[partition] = stored.offset
        return max(low, stored.offset)

    def _is_event(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return message.partition() in self.partitions
        if error.code() in _PASSING:
            return False
        told = tell(error)
        if isinstance(told, BrokersAway) and not error.fatal():
            return False  # the library goes on by itself, and says no more than that it tries
        raise told

    def _places(self, partitions: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, partition) for partition in partitions]

    def _take_over(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.partitions = frozenset(one.partition for one in partitions)
        self._first, self._after, self._committed = {}, {}, {}
        consumer.assign(partitions)
        if self._is_paused:
            consumer.pause(partitions)

    def _give_up(self, _: Consumer, __: list[TopicPartition]) -> None:
        self._before_revoked(False)
        self._forget()

    def _lose(self, _: Consumer, __: list[TopicPartition]) -> None:
        self._before_revoked(True)
        self._forget()

    def _forget(self) -> None:
        self.partitions = frozenset()
        self._first, self._after, self._committed = {}, {}, {}


def _place(message: Message) -> tuple[int, int]:
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise LookupError("an event has a place")
    return partition, offset


def _configure(described: Mapping[str, Any], terms: StreamTerms, pace: Pace) -> dict[str, Any]:
    return {
        **described,
        "group.id": terms.group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": pace.begin_at,
        "session.timeout.ms": int(pace.session_timeout * 1000),
        "heartbeat.interval.ms": max(100, int(pace.session_timeout * 1000 / 10)),
        "queued.max.messages.kbytes": 32 * 1024,  # what is read ahead, at most
        "fetch.wait.max.ms": 100,
        "partition.assignment.strategy": "range",
        **dict(pace.extra),
    }
