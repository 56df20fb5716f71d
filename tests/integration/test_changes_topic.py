"""The compacted topic: whoever reads it from the start has everybody's latest, and nobody who was erased."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from activation.changes import queries, services, turns
from activation.changes.models import Subscription
from activation.changes.publishing import Publisher
from activation.changes.types import Turn
from consent.ledger import queries as ledger
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.hosts import AddressRefused
from consent.subjects import services as subjects
from consent.subjects.types import SubjectRef
from tests.changes_world import deliver, record, replay, rest, withdraw
from tests.conformance.harness import Fault
from tests.conformance.harness_kafka import Broker, KafkaHarness
from tests.ledger_world import sequence_all
from tests.policy_officers import make_officer
from tests.records_world import JUNE_1, publish_policy

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("kafka")]
PARTITIONS = 3
SLUG = "table"


class Topic:
    """A topic of its own for each test, read as a consumer would."""

    def __init__(self, broker: Broker) -> None:
        self.harness = KafkaHarness(broker)
        self.name = f"consent.{uuid4().hex}"
        admin = AdminClient(self.harness.client)
        topic = NewTopic(self.name, PARTITIONS, 1, config={"cleanup.policy": "compact"})
        for made in admin.create_topics([topic]).values():
            made.result(10)

    def subscribe(self, **changes: Any) -> Subscription:
        """Have everybody's choices written to it, from the ledger's beginning."""
        settings = {
            "servers": [f"127.0.0.1:{self.harness.broker.port}"],
            "topic": self.name,
            "security": "plaintext",
            "step_seconds": 3,
        }
        asked = services.NewSubscription(
            slug=SLUG, title="Everybody", kind="topic", settings=settings, **changes
        )
        services.connect_subscription(asked=asked, changed_by="officer", at=JUNE_1, in_place=True)
        return Subscription.objects.get(slug=SLUG)

    def messages(self) -> list[tuple[str, Any, int, int]]:
        """Return key, value, partition and offset of what is committed, those of one key in order."""
        reader = Consumer(
            {
                **self.harness.client,
                "group.id": "reader",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "enable.auto.commit": False,
            }
        )
        reader.assign([TopicPartition(self.name, partition, 0) for partition in range(PARTITIONS)])
        found: list[tuple[str, Any, int, int]] = []
        ended: set[int | None] = set()
        while len(ended) < PARTITIONS:
            message = reader.poll(5)
            assert message is not None
            if message.error() is not None:
                ended.add(message.partition())
                continue
            value = message.value()
            found.append(
                (
                    (message.key() or b"").decode(),
                    None if value is None else json.loads(value),
                    message.partition() or 0,
                    message.offset() or 0,
                )
            )
        reader.close()
        return found

    def table(self) -> dict[str, Any]:
        """Return what a reader has: the latest value of each key, less those with a tombstone."""
        latest = {key: value for key, value, _, _ in self.messages()}
        return {key: value for key, value in latest.items() if value is not None}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    found = Broker(tmp_path_factory.mktemp("kafka"))
    yield found
    found.stop()


@pytest.fixture
def topic(broker: Broker) -> Topic:
    publish_policy()
    return Topic(broker)


def choices_of(value: Any) -> dict[str, list[str]]:
    return {purpose: [one["choice"] for one in found] for purpose, found in value["choices"].items()}


def test_a_reader_from_the_start_has_everybodys_latest(topic: Topic) -> None:
    alice, bob = record("00001", "00002")
    topic.subscribe()
    assert deliver(SLUG) is Turn.AT_END
    withdraw("00001")
    assert deliver(SLUG) is Turn.AT_END

    table = topic.table()
    assert choices_of(table[alice.subject_ref]) == {"marketing.email": ["withdrawn"]}
    assert choices_of(table[bob.subject_ref]) == {"marketing.email": ["granted"]}
    value = table[alice.subject_ref]
    assert value["subject_ref"] == alice.subject_ref
    assert value["index"] == ledger.get_size() - 1
    assert value["version"] > table[bob.subject_ref]["version"]
    assert "customers.example" not in json.dumps(table)


def test_an_erased_subject_leaves_a_tombstone(topic: Topic) -> None:
    alice, bob = record("00001", "00002")
    topic.subscribe()
    deliver(SLUG)
    subjects.erase_subject(ref=SubjectRef(alice.subject_ref), requested_by="request 1", at=JUNE_1)
    sequence_all()

    deliver(SLUG)

    assert set(topic.table()) == {bob.subject_ref}
    assert [value for key, value, _, _ in topic.messages() if key == alice.subject_ref][-1] is None


def test_linked_subjects_are_written_together_and_again_when_they_are_parted(topic: Topic) -> None:
    alice, bob, carol = (SubjectRef(one.subject_ref) for one in record("00001", "00002", "00003"))
    topic.subscribe()
    deliver(SLUG)
    officer = make_officer("olga")
    named: dict[str, Any] = {"officer": officer.pk, "reason": "one person", "at": JUNE_1}
    subjects.link_by_officer(left=alice, right=bob, **named)
    subjects.link_by_officer(left=bob, right=carol, **named)
    sequence_all()

    deliver(SLUG)
    assert topic.table()[alice]["linked"] == sorted([bob, carol])
    subjects.unlink_subjects(left=bob, right=carol, **named)
    sequence_all()
    deliver(SLUG)

    table = topic.table()
    assert (table[alice]["linked"], table[carol]["linked"]) == ([bob], [])


def test_what_is_stated_as_offsets_is_where_everything_before_the_position_has_been_read(
    topic: Topic,
) -> None:
    people = [f"{number:05}" for number in range(1, 30)]
    topic.subscribe()
    record(*people)

    deliver(SLUG)

    found = queries.get_subscription(slug=SLUG)
    last: dict[str, int] = {}
    for _, _, partition, offset in topic.messages():
        last[str(partition)] = max(offset, last.get(str(partition), 0))
    assert found.offsets == last
    assert found.position == ledger.get_size()
    assert found.lag == 0


def test_only_choices_that_were_asked_for_are_written(topic: Topic) -> None:
    topic.subscribe(purposes=["marketing.email"])
    (alice,) = record("00001")
    withdraw("00001", purpose="analytics")
    withdraw("00002", purpose="analytics")

    deliver(SLUG)

    assert {key: choices_of(value) for key, value in topic.table().items()} == {
        alice.subject_ref: {"marketing.email": ["granted"]}
    }


def test_brokers_that_are_away_are_waited_for(topic: Topic) -> None:
    topic.subscribe()
    record("00001")

    with topic.harness.broken(Fault.UNREACHABLE):
        assert deliver(SLUG) is Turn.PUT_OFF
        assert Subscription.objects.get(slug=SLUG).position < ledger.get_size()
    rest(SLUG)

    assert deliver(SLUG) is Turn.AT_END
    assert len(topic.table()) == 1


def test_a_worker_that_dies_before_the_position_is_written_leaves_a_repeat_and_no_gap(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.subscribe()
    (alice,) = record("00001")

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(turns, "_write", die)
        with pytest.raises(Killed):
            deliver(SLUG)
    Subscription.objects.update(leased_until=ledger.get_time())

    assert deliver(SLUG) is Turn.AT_END

    assert set(topic.table()) == {alice.subject_ref}


def overtake(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> Turn:
    """Deliver; meanwhile the lease is over, and another worker writes a withdrawal. Return its turn."""
    read = Publisher._read
    done: list[bool] = []

    def take_long(self: Publisher, *given: Any) -> Iterator[tuple[str, bytes | None]]:
        found = list(read(self, *given))
        if not done:
            done.append(True)
            Subscription.objects.update(leased_until=ledger.get_time())
            withdraw("00001")
            assert deliver(SLUG) is Turn.AT_END
        yield from found

    monkeypatch.setattr(Publisher, "_read", take_long)
    return deliver(SLUG)


def test_a_worker_that_outlives_its_lease_cannot_put_the_old_behind_the_new(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.subscribe()
    (alice,) = record("00001")

    assert overtake(topic, monkeypatch) in {Turn.FENCED, Turn.PUT_OFF}

    assert choices_of(topic.table()[alice.subject_ref]) == {"marketing.email": ["withdrawn"]}
    assert Subscription.objects.get(slug=SLUG).position == ledger.get_size()


def test_one_that_comes_late_to_the_broker_writes_nothing(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.subscribe()
    record("00001")
    monkeypatch.setattr(turns, "keep", lambda *_, **__: False)

    assert deliver(SLUG) is Turn.FENCED

    assert topic.messages() == []
    assert Subscription.objects.get(slug=SLUG).position == 0


def test_everybody_in_a_part_of_the_ledger_is_written_again_as_they_are_now(topic: Topic) -> None:
    topic.subscribe()
    alice, bob = record("00001", "00002")
    deliver(SLUG)
    before = len(topic.messages())

    services.replay_changes(slug=SLUG, begin=0, until=None, asked_by="officer")
    assert replay(SLUG) is Turn.AT_END

    assert len(topic.messages()) == before + 2
    assert set(topic.table()) == {alice.subject_ref, bob.subject_ref}


def test_a_topic_that_is_not_there_or_a_broker_that_is_elsewhere_is_told_in_words(
    topic: Topic, settings: Any
) -> None:
    row = topic.subscribe()
    services.check_subscription(slug=SLUG)
    Subscription.objects.update(settings={**row.settings, "topic": "missing"})

    with pytest.raises((DeliveryRefused, DeliveryFailed), match="topic"):
        services.check_subscription(slug=SLUG)
    settings.ALLOW_LOCAL_DESTINATIONS = False
    with pytest.raises(AddressRefused):
        topic.subscribe()


def test_without_a_transaction_a_late_worker_would_put_the_old_behind_the_new(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of the fence: each producer has a name of its own, so that nobody is shut out."""
    describe = Publisher._describe

    def anonymous(self: Publisher) -> dict[str, Any]:
        return {**describe(self), "transactional.id": uuid4().hex}

    monkeypatch.setattr(Publisher, "_describe", anonymous)

    with pytest.raises(AssertionError):
        test_a_worker_that_outlives_its_lease_cannot_put_the_old_behind_the_new(topic, monkeypatch)
