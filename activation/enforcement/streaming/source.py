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
        self._stored: dict[int, int] = {}
        self._begins_at_end = pace.begin_at == "latest"
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
        events = []
        for message in messages:
            if self._is_event(message):
                partition, offset = _place(message)
                if offset >= self._after.get(partition, 0):  # none is taken twice
                    self._first.setdefault(partition, offset)
                    self._after[partition] = offset + 1
                    events.append(message)
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
        try:
            self._find_stored()
            return sum(self._lag_of(partition, is_exact) for partition in self.partitions)
        except (KafkaException, LookupError):
            return None

    def _lag_of(self, partition: int, is_exact: bool) -> int:
        low, high = self.consumer.get_watermark_offsets(
            TopicPartition(self._topic, partition), timeout=self._seconds, cached=not is_exact
        )
        if high < 0:
            raise LookupError("nothing was heard of this partition yet")
        stored = self._committed.get(partition, self._stored.get(partition, -1))
        begins = high if self._begins_at_end else low
        return max(0, high - (max(low, stored) if stored >= 0 else begins))

    def _find_stored(self) -> None:
        """Ask once how far the group had read what is ours now."""
        unknown = self.partitions - self._stored.keys()
        if unknown:
            found = self.consumer.committed(self._places(unknown), timeout=self._seconds)
            self._stored |= {one.partition: one.offset for one in found}

    def close(self) -> None:
        """Leave the group; what is open is not ended by this."""
        self._before_revoked = lambda _: None
        with suppress(KafkaException, RuntimeError):
            self.consumer.close()

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
        self._first, self._after, self._committed, self._stored = {}, {}, {}, {}
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
        self._first, self._after, self._committed, self._stored = {}, {}, {}, {}


def _place(message: Message) -> tuple[int, int]:
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise LookupError("an event has a place")
    return partition, offset


def _configure(described: Mapping[str, Any], terms: StreamTerms, pace: Pace) -> dict[str, Any]:
    return {
        **described,
        "group.id": terms.group,
        "group.instance.id": f"accordant.{terms.instance}",  # started again, it has its partitions at once
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": pace.begin_at,
        "session.timeout.ms": int(pace.session_timeout * 1000),
        "max.poll.interval.ms": 120_000,  # a loop that stands still for longer loses its partitions
        "heartbeat.interval.ms": max(100, int(pace.session_timeout * 1000 / 10)),
        "queued.max.messages.kbytes": 32 * 1024,  # what is read ahead, at most
        "fetch.wait.max.ms": 100,
        "partition.assignment.strategy": "range",
        **dict(pace.extra),
    }
