"""The loop: read, decide, write, commit; and stand still while nothing may be decided."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message

from activation.enforcement.streaming.batches import Batcher
from activation.enforcement.streaming.brokers import Topics, find_topics
from activation.enforcement.streaming.deciding import Decider
from activation.enforcement.streaming.events import PersonReader
from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.outgoing import Outgoing, Writer
from activation.enforcement.streaming.readiness import Basis, Readiness
from activation.enforcement.streaming.settling import Outdated, Settler
from activation.enforcement.streaming.sinks import MessageRefused, Sink, open_sink
from activation.enforcement.streaming.source import Source
from activation.enforcement.streaming.tally import Place, Tally
from activation.enforcement.streaming.types import (
    BrokersAway,
    EventFault,
    Guarantee,
    NotReady,
    Pace,
    StreamRefused,
    StreamStatus,
    StreamTerms,
)

logger = logging.getLogger(__name__)
_LOOKED_EVERY, _LAG_ASKED_EVERY = 1.0, 5.0
_NO_PARTITIONS = (
    "no partition is assigned to this process: its group has more processes than the topic has partitions,"
    " or the brokers still wait for members that are gone"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the loop works with."""

    terms: StreamTerms
    pace: Pace
    described: Mapping[str, Any]
    """The configuration by which the brokers are reached."""
    readiness: Readiness
    decider: Decider
    people: PersonReader
    settler: Settler
    figures: Figures
    should_stop: Callable[[], bool]
    wait: Callable[[float], object]
    """Waits so many seconds, or until it is to stop."""


class StreamLoop:
    """Runs a stream until it is told to stop. What is decided then is committed first."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._figures, self._pace = parts, parts.figures, parts.pace
        self._tally = Tally()
        self._begun_at = self._looked_at = self._asked_at = self._had_partitions_at = 0.0
        self._refused: dict[Place, EventFault] = {}
        self._careful: dict[int, int] = {}
        """Up to which offset each message is sent by itself, because one among them was refused."""
        self._late: Exception | None = None
        self._session: _Session | None = None

    def run(self) -> None:
        """Read and write until told to stop. What goes wrong after the start is waited for.

        :raises StreamRefused: if the operator must change something before it can start.
        :raises BrokersAway: if nobody answers at the start.
        :raises StreamFenced: if another process took over this instance's place.
        """
        pause, has_begun = self._pace.first_pause, False
        while not self._parts.should_stop():
            try:
                with self._connected() as session:
                    has_begun, pause = True, self._pace.first_pause
                    self._serve(session)
            except (BrokersAway, StreamRefused) as error:
                if not has_begun:
                    raise
                self._figures.aborted += bool(self._tally.events)
                self._tally = Tally()
                self._tell(StreamStatus.WAITING, str(error))
                self._parts.wait(pause)
                pause = min(2 * pause, self._pace.longest_pause)

    @contextmanager
    def _connected(self) -> Iterator["_Session"]:
        """Give a new connection to the brokers, with nothing under way."""
        terms, described = self._parts.terms, self._parts.described
        names = (terms.input, terms.denied, terms.allowed)
        topics = find_topics(described, names, seconds=self._pace.step_seconds)
        self._begin_anew()
        largest = {"message.max.bytes": max(topics.largest + 1_024, 2_000)}
        sink = open_sink({**described, **largest}, terms, self._pace)
        try:
            source = Source(described, terms, self._pace, before_revoked=self._before_revoked)
            session = self._session = _Session(source, sink, topics, self._batcher(topics))
            try:
                yield session
            finally:
                self._session = None
                source.close()
        finally:
            sink.close()

    def _batcher(self, topics: Topics) -> Batcher:
        parts = self._parts
        return Batcher(
            people=parts.people,
            decider=parts.decider,
            writer=Writer(parts.terms, parts.people, largest=topics.largest),
            told=parts.settler.told,
            is_followed=parts.settler.keeper.is_followed,
            refused=self._refused,
        )

    def _serve(self, session: "_Session") -> None:
        while not self._parts.should_stop():
            self._look_around(session)
            try:
                self._parts.readiness.open()
                session.source.resume()
                self._step(session)
            except NotReady as reason:
                self._stand_still(session, str(reason))
            except Outdated:
                self._undo(session)
            except MessageRefused as refusal:
                self._take_care(session, refusal)
        self._finish(session)

    def _step(self, session: "_Session") -> None:
        """Handle one batch, and commit when it is time to."""
        messages = session.source.take(self._most(), self._pace.look_seconds)
        self._raise_late()
        if messages:
            self._handle(session, messages)
            self._tell(StreamStatus.RUNNING)
        else:
            self._parts.readiness.rest()
            self._tell_of_partitions(session)
        if self._is_due(session):
            self._commit(session)

    def _tell_of_partitions(self, session: "_Session") -> None:
        """Say that the stream runs; or, if it has had no partition for long, that it waits for one."""
        now = time.monotonic()
        if session.source.partitions:
            self._had_partitions_at = now
            self._tell(StreamStatus.RUNNING)
        elif now - self._had_partitions_at > self._pace.idle_seconds:
            self._tell(StreamStatus.WAITING, _NO_PARTITIONS)

    def _most(self) -> int:
        return min(self._pace.events_at_once, self._pace.transaction_events) or 1

    def _is_due(self, session: "_Session") -> bool:
        if not session.sink.is_open:
            return False
        is_full = self._tally.events >= self._pace.transaction_events
        return is_full or time.monotonic() - self._begun_at >= self._pace.transaction_seconds

    def _handle(self, session: "_Session", messages: list[Message]) -> None:
        basis = self._parts.readiness.open()
        if self._tally.world and basis.world != self._tally.world:
            raise Outdated
        if not session.sink.is_open:
            self._begun_at = time.monotonic()
        session.sink.begin()
        leaving = session.batcher.work(basis, messages, self._tally)
        if self._parts.terms.guarantee is Guarantee.AT_LEAST_ONCE:  # what is sent is seen at once
            leaving = iter(list(leaving))
            self._parts.settler.settle(self._tally)
        for partition, place, outgoing in leaving:
            self._send(session, basis, partition, place, outgoing)

    def _send(
        self, session: "_Session", basis: Basis, partition: int, place: Place, outgoing: Outgoing
    ) -> None:
        target = session.target(outgoing.topic, partition)
        is_careful = bool(self._careful) and place[1] < self._careful.get(partition, 0)
        try:
            session.sink.send(outgoing, target)
            if is_careful:
                session.sink.flush()
        except MessageRefused as refusal:
            if outgoing.topic != self._parts.terms.allowed:
                raise BrokersAway("the topic of denied events refuses what it is sent") from refusal
            self._refused[place] = EventFault.TOO_LARGE if refusal.is_too_large else EventFault.REFUSED
            if is_careful:  # the transaction may be spoilt by it
                raise
            denied = session.batcher.deny(basis, place, self._refused[place], self._tally)
            session.sink.send(denied, session.target(denied.topic, partition))

    def _commit(self, session: "_Session") -> None:
        """Let everything count that was decided, if it still may."""
        session.sink.flush()
        self._parts.settler.settle(self._tally)
        session.sink.commit(session.source)
        session.source.settle()
        self._count()

    def _count(self) -> None:
        self._figures.count(self._tally)
        self._figures.asked_elsewhere = self._parts.decider.asked_elsewhere
        self._tally = Tally()
        if self._session is not None and (self._refused or self._careful):
            self._refused.clear()
            self._careful.clear()

    def _undo(self, session: "_Session") -> None:
        """Let nothing count that was not committed, and read it again."""
        if session.sink.is_open:
            self._figures.aborted += 1
            session.sink.abort()
        self._tally = Tally()
        session.source.rewind()

    def _stand_still(self, session: "_Session", reason: str) -> None:
        """Read nothing on, and stay in the group, until something may be decided."""
        self._tell(StreamStatus.WAITING, reason)
        if session.sink.is_open or session.source.reached():
            self._undo(session)
        session.source.pause()
        self._parts.readiness.rest()
        if session.source.take(1, self._pace.look_seconds):
            session.source.rewind()
        self._raise_late()

    def _take_care(self, session: "_Session", refusal: MessageRefused) -> None:
        """Do it again, each message by itself: then it is known which one was refused."""
        logger.warning("Kafka refused a message: %s", "too large" if refusal.is_too_large else "for its form")
        self._careful |= session.source.reached()
        self._undo(session)

    def _before_revoked(self, is_lost: bool) -> None:
        """End what is open before partitions are given up. What goes wrong rises later: nobody hears here."""
        session = self._session
        if session is None or not session.sink.is_open:
            return
        try:
            if not is_lost:
                self._commit(session)
                return
        except (NotReady, Outdated, MessageRefused):
            pass
        except Exception as error:  # noqa: BLE001 - it rises when the brokers have been heard
            self._late = error
        try:
            self._figures.aborted += 1
            session.sink.abort()
        except Exception as error:  # noqa: BLE001 - as above
            self._late = self._late or error
        self._tally = Tally()

    def _raise_late(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            raise late

    def _finish(self, session: "_Session") -> None:
        """Commit what is decided."""
        try:
            if session.sink.is_open:
                self._commit(session)
        except (NotReady, Outdated, MessageRefused):
            self._undo(session)

    def _begin_anew(self) -> None:
        self._tally, self._late, self._had_partitions_at = Tally(), None, time.monotonic()
        self._parts.readiness.rest()

    def _look_around(self, session: "_Session") -> None:
        """Bring the figures up to date, now and then."""
        now = time.monotonic()
        if now - self._looked_at < _LOOKED_EVERY:
            return
        self._looked_at = now
        is_waiting = self._figures.status is StreamStatus.WAITING
        is_exact = is_waiting and now - self._asked_at >= _LAG_ASKED_EVERY
        if is_exact:
            self._asked_at = now
        if is_exact or not is_waiting:
            self._figures.lag = session.source.lag(is_exact=is_exact)
        self._figures.partitions = len(session.source.partitions)
        self._figures.store_age = self._parts.readiness.age()

    def _tell(self, status: StreamStatus, waiting_for: str = "") -> None:
        if status is StreamStatus.WAITING and waiting_for != self._figures.waiting_for:
            logger.warning("the stream waits: %s", waiting_for)
        self._figures.status, self._figures.waiting_for = status, waiting_for


@dataclass(frozen=True, slots=True)
class _Session:
    """One connection to the brokers."""

    source: Source
    sink: Sink
    topics: Topics
    batcher: Batcher

    def target(self, topic: str, partition: int) -> int:
        """Return the partition that an event goes to: where it came from, if there are as many; else by key.

        So the order of a partition stays, whatever becomes of keys.
        """
        return partition if self.topics.keeps_partitions(topic) else -1
