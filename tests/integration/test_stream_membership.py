"""Whom a stream lets pass is in the membership first; so each later no takes them out, or stops the event."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.enforcement.management.commands.enforce_stream import name_audience
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.queries import list_held
from activation.enforcement.membership.types import HeldMember, Member
from activation.enforcement.streaming import settling
from activation.enforcement.streaming.keeping import MembershipKeeper
from activation.enforcement.suppression.finding import services as finding
from activation.enforcement.suppression.finding.judging import lay_ground
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from consent.subjects.types import IdentifierKind
from tests import pull_through_world
from tests.conformance.harness_kafka import Broker
from tests.enforcement_world import GERMAN, QUESTION, make_world
from tests.ledger_world import sequence_all
from tests.pull_through_world import ref_of
from tests.store_world import SharedStore, StoreWorld, make_resolver, store_world
from tests.streams_world import Running, Topics, a_broker, monotonic, running, tailing

pytestmark = pytest.mark.usefixtures("committed_database")
CUSTOMER = IdentifierKind.CUSTOMER_ID


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests of this file."""
    with a_broker(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture
def world(committed_database: str, tmp_path: Path) -> Iterator[StoreWorld]:
    """The shop's customers, in a store that has caught up."""
    make_world()
    with store_world(tmp_path / "store") as found:
        finding.begin_anew()
        yield found


@pytest.fixture
def store(world: StoreWorld) -> SharedStore:
    """The store as a stream reads it."""
    return SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)


@pytest.fixture
def topics(broker: Broker) -> Topics:
    """Three new topics."""
    return Topics(broker).make()


def keeper(kind: type[MembershipKeeper] = MembershipKeeper) -> MembershipKeeper:
    """Return what keeps the stream's people."""
    return kind(audience="visitors", columns={CUSTOMER: "customer_id"}, **QUESTION)


def held(customer: str = GERMAN) -> list[HeldMember]:
    """Return where the customer is held."""
    return list(list_held([ref_of(customer)]))


def send(topics: Topics, stream: Running, number: int) -> None:
    """Send an event of the customer, and wait until it is in one topic."""
    topics.send({"customer_id": GERMAN, "n": number})
    stream.until_events(number)


def say(world: StoreWorld, lock: Any, choice: str) -> None:
    """Let the customer choose; the store hears of it, and then the follower."""
    with lock:
        pull_through_world.say(GERMAN, choice)
        world.catch_up()
    while not finding.follow_feed():
        pass


def test_a_withdrawal_after_an_event_takes_the_person_out_and_a_new_yes_tells_of_them_again(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    with (
        tailing(world) as lock,
        running(topics.terms(), topics.settings(), store, keeper=keeper()) as stream,
    ):
        send(topics, stream, 1)
        send(topics, stream, 2)
        [member] = held()
        assert member.member.identifiers == {CUSTOMER: (GERMAN,)}
        assert member.columns == {CUSTOMER: "customer_id"}
        say(world, lock, "withdrawn")
        [suppression] = Suppression.objects.all()
        assert suppression.holding == Holding.objects.get(audience="visitors")
        send(topics, stream, 3)
        say(world, lock, "granted")
        send(topics, stream, 4)
        assert Segment.objects.count() == 2

    assert [event["n"] for event in topics.allowed()] == [1, 2, 4]
    assert topics.denied() == {(0, 2): "withdrawn"}


def test_the_sweep_finds_nothing_to_do_in_what_a_stream_has_just_kept(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    with tailing(world), running(topics.terms(), topics.settings(), store, keeper=keeper()) as stream:
        send(topics, stream, 1)

    assert Page.objects.get().world == lay_ground().world


class _NoComesFirst(MembershipKeeper):
    """The customer withdraws, and the follower has followed that, just before the membership is written."""

    calls = 0

    def keep(self, members: Sequence[Member], *, world: str) -> Collection[str]:
        type(self).calls += 1
        if self.calls == 1:
            pull_through_world.say(GERMAN, "withdrawn")
            sequence_all()
            while not finding.follow_feed():
                pass
        return super().keep(members, world=world)


def let_a_no_come_first(topics: Topics, world: StoreWorld, store: SharedStore) -> None:
    """Run a stream over one event whose person withdraws between the decision and the membership."""
    _NoComesFirst.calls = 0
    with (
        tailing(world),
        running(topics.terms(), topics.settings(), store, keeper=keeper(_NoComesFirst)) as stream,
    ):
        send(topics, stream, 1)
    while not finding.follow_feed():
        pass


def test_a_no_that_was_followed_before_the_person_was_kept_stops_the_event(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    let_a_no_come_first(topics, world, store)

    assert topics.allowed() == []
    assert topics.denied() == {(0, 0): "withdrawn"}


def test_without_a_second_look_that_no_is_lost(
    topics: Topics, world: StoreWorld, store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mutant: the event passes, and nobody takes its person out."""

    def no_second_look(self: settling.Settler, tally: Any) -> None:
        self.keeper.keep(tally.members, world="")
        self.told.add(tally.people)
        tally.members, tally.people = [], {}

    monkeypatch.setattr(settling.Settler, "_keep", no_second_look)
    let_a_no_come_first(topics, world, store)

    assert len(topics.allowed()) == 1
    assert not Suppression.objects.exists()


def test_whoever_is_being_taken_out_is_told_of_each_time(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    with (
        tailing(world) as lock,
        running(topics.terms(), topics.settings(), store, keeper=keeper()) as stream,
    ):
        send(topics, stream, 1)
        say(world, lock, "withdrawn")
        say(world, lock, "granted")
        send(topics, stream, 2)
        send(topics, stream, 3)
        assert Segment.objects.count() == 3
        Suppression.objects.update(
            state=SuppressionState.ACKNOWLEDGED, ended_at=timezone.now(), sealed=b"", error=""
        )
        for number in (4, 5, 6):
            send(topics, stream, number)
        assert Segment.objects.count() == 4


class _NoComesLast(MembershipKeeper):
    """A store that does not hear of the withdrawal of somebody who was told of, while the follower does."""

    def list_suppressed(self) -> Collection[str]:
        found = super().list_suppressed()
        type(self).heard += len(found)
        return found

    heard = 0


def test_somebody_told_of_who_is_taken_out_since_is_told_of_anew_before_the_next_event(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    _NoComesLast.heard = 0
    with running(topics.terms(), topics.settings(), store, keeper=keeper(_NoComesLast)) as stream:
        with tailing(world):
            send(topics, stream, 1)
        pull_through_world.say(GERMAN, "withdrawn")
        sequence_all()
        while not finding.follow_feed():
            pass
        assert Suppression.objects.count() == 1
        topics.send({"customer_id": GERMAN, "n": 2})
        stream.until(lambda: _NoComesLast.heard == 1)
        assert len(topics.allowed()) == 1
        with tailing(world):
            stream.until_events(2)

    assert [event["n"] for event in topics.allowed()] == [1]
    assert topics.denied() == {(0, 1): "withdrawn"}


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("web.events.meridian", "web_events_meridian"),
        ("Web-Events", "web-events"),
        ("2026.events", "events"),
        ("...", "stream"),
        ("a" * 200, "a" * 64),
    ],
)
def test_the_audience_is_called_after_the_allowed_topic(topic: str, name: str) -> None:
    assert name_audience(topic) == name
