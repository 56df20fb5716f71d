"""The compacted topic: what each subject chose, by its reference; the latest message of a subject is all."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from activation.changes.kinds import TopicSettings
from activation.changes.messages import TopicChoice, TopicValue
from activation.changes.rules import is_wanted
from activation.changes.types import Change
from activation.destinations.kinds.kafka.client import check_cluster, describe_client, telling
from activation.destinations.kinds.kafka.settings import KafkaSettings
from activation.snapshots.queries import consistent_view
from consent.ledger.types import rfc3339
from consent.network.errors import DeliveryFailed
from consent.records import queries as records
from consent.records.types import ChoiceInForce
from consent.subjects import queries as subjects
from consent.subjects.rules import group_refs
from consent.subjects.types import Link, SubjectRef

_LINKS = {"consent.subjects_linked", "consent.subjects_unlinked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Writes one subscription's topic.

    Whoever wrote it before is shut out: a worker that outlived its lease cannot put what is old behind what
    is new.
    """

    slug: str
    settings: TopicSettings
    password: str = field(repr=False)
    purposes: Collection[str]
    allow_local: bool
    clock: Callable[[], datetime]

    def publish(
        self, changes: Collection[Change], *, index: int, may_go_on: Callable[[], bool]
    ) -> dict[str, int] | None:
        """Write what everybody whom `changes` touch chose; `index` is the ledger's last entry that counts.

        Return, by partition, the offset of the last message; None if `may_go_on` says no, asked when nobody
        else can write any more: then nothing was written.

        :raises DeliveryRefused, DeliveryFailed: if the brokers do not take it; then nothing is seen of it.
        """
        written: dict[str, int] = {}
        with self._transaction(written) as send:
            if not may_go_on():
                return None
            for ref, value in self._read(changes, index):
                send(ref, value)
        return written

    def check(self) -> None:
        """Return if the topic is there and can be written to.

        :raises DeliveryRefused, DeliveryFailed: otherwise.
        """
        with self._transaction({}):
            pass

    def _read(self, changes: Collection[Change], index: int) -> Iterator[tuple[str, bytes | None]]:
        """Yield the message of everybody whom `changes` touch, as the database has them at one moment."""
        refs = {SubjectRef(ref) for change in changes for ref in change.subjects}
        joined = {SubjectRef(ref) for one in changes if one.type in _LINKS for ref in one.subjects}
        with consistent_view():
            for group in subjects.list_groups_of(joined):
                refs.update(member.ref for member in group.members)
            known = subjects.list_subjects(refs)
            linked = _list_linked(refs, subjects.list_links(refs), self.clock())
            chosen = _by_subject(records.list_current(refs))
        for ref in sorted(refs):
            subject = known.get(ref)
            if subject is None or subject.erased_at is not None:
                yield ref, None
                continue
            value = TopicValue(
                subject_ref=ref,
                version=subject.version,
                index=index,
                linked=sorted(linked[ref]),
                choices=_by_purpose(chosen.get(ref, ()), self.purposes),
            )
            yield ref, msgspec.json.encode(value)

    @contextmanager
    def _transaction(self, written: dict[str, int]) -> Iterator[Callable[[str, bytes | None], None]]:
        cluster, seconds = _as_cluster(self.settings), self.settings.step_seconds
        described = describe_client(cluster, self.password, allow_local=self.allow_local)
        check_cluster(described, cluster, allow_local=self.allow_local)
        with telling():
            producer = Producer({**described, **self._describe()})
            producer.init_transactions(seconds)
            producer.begin_transaction()
        errors: list[KafkaError] = []

        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                errors.append(error)
                return
            place, offset = str(message.partition()), message.offset() or 0
            written[place] = max(offset, written.get(place, 0))

        def send(key: str, value: bytes | None) -> None:
            with telling():
                _produce(producer, self.settings.topic, key, value, note)

        try:
            yield send
            with telling():
                _end(producer, seconds, errors)
        except BaseException:
            with suppress(KafkaException):
                producer.purge()
                producer.abort_transaction(seconds)
            raise

    def _describe(self) -> dict[str, Any]:
        milliseconds = self.settings.step_seconds * 1000
        return {
            "transactional.id": f"accordant.changes.{self.slug}",
            "transaction.timeout.ms": milliseconds * 2,
            "delivery.timeout.ms": milliseconds,
            "compression.type": "lz4",
            "linger.ms": 5,
        }


def _as_cluster(settings: TopicSettings) -> KafkaSettings:
    """Return what the Kafka client asks for; there is no topic of deliveries here."""
    return KafkaSettings(
        servers=settings.servers,
        topic=settings.topic,
        deliveries_topic=settings.topic,
        security=settings.security,
        user=settings.user,
        mechanism=settings.mechanism,
        step_seconds=settings.step_seconds,
    )


def _produce(producer: Producer, topic: str, key: str, value: bytes | None, note: Any) -> None:
    for _ in range(100):
        try:
            producer.produce(topic, key=key, value=value, on_delivery=note)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return
    raise DeliveryFailed("the brokers take the messages too slowly")


def _end(producer: Producer, seconds: float, errors: list[KafkaError]) -> None:
    """Wait until everything is there, and let it be seen."""
    if producer.flush(seconds) or errors:
        raise KafkaException(errors[0] if errors else KafkaError(KafkaError._TIMED_OUT))
    producer.commit_transaction(seconds)


def _list_linked(
    refs: Iterable[SubjectRef], links: Iterable[Link], at: datetime
) -> Mapping[SubjectRef, frozenset[SubjectRef]]:
    """Return, for each of `refs`, the others that links in force join to it."""
    wanted = set(refs)
    standing = [
        link for link in links if link.linked_at <= at and (link.unlinked_at is None or link.unlinked_at > at)
    ]
    groups = group_refs(refs=wanted, links=standing)
    return {ref: groups[ref] - {ref} for ref in wanted}


def _by_subject(choices: Iterable[ChoiceInForce]) -> dict[str, list[ChoiceInForce]]:
    found: dict[str, list[ChoiceInForce]] = {}
    for choice in choices:
        found.setdefault(choice.subject_ref, []).append(choice)
    return found


def _by_purpose(choices: Iterable[ChoiceInForce], purposes: Collection[str]) -> dict[str, list[TopicChoice]]:
    found: dict[str, list[TopicChoice]] = {}
    for one in choices:
        if is_wanted(one.purpose, purposes):
            found.setdefault(one.purpose, []).append(_lay_out(one))
    return found


def _lay_out(one: ChoiceInForce) -> TopicChoice:
    return TopicChoice(
        record_id=one.record_id,
        choice=one.choice.value,
        controller=one.controller,
        destination=one.destination,
        notice=one.notice,
        notice_version=one.notice_version,
        effective_at=rfc3339(one.effective_at),
        recorded_at=rfc3339(one.recorded_at),
        expires_at=None if one.expires_at is None else rfc3339(one.expires_at),
    )
