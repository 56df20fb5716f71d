"""Streams: every event is decided by the state as it is now, and is either allowed or denied, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.harness_kafka import Broker
from tests.enforcement_world import BRITON, GERMAN, REFUSED, STRANGER, WITHDRAWN, make_world, record_choices
from tests.store_world import SharedStore, StoreWorld, make_resolver, store_world
from tests.streams_world import Topics, a_broker, monotonic, running

pytestmark = pytest.mark.usefixtures("committed_database")


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
        yield found


@pytest.fixture
def store(world: StoreWorld) -> SharedStore:
    """The store as a stream reads it."""
    return SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)


@pytest.fixture
def topics(broker: Broker) -> Topics:
    """Three new topics."""
    return Topics(broker).make()


def test_each_event_is_decided_by_what_its_person_said(topics: Topics, store: SharedStore) -> None:
    people = [GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER]
    topics.send(*({"customer_id": one, "n": number} for number, one in enumerate(people)))

    with running(topics.terms(), topics.settings(), store) as stream:
        stream.until_events(len(people))

    assert [event["n"] for event in topics.allowed()] == [0, 1]
    assert topics.denied() == {
        (0, 2): "withdrawn",
        (0, 3): "refused",
        (0, 4): "subject_unknown",
    }


def test_a_withdrawal_while_the_stream_runs_counts_for_later_events(
    topics: Topics, world: StoreWorld, store: SharedStore
) -> None:
    with running(topics.terms(), topics.settings(), store) as stream:
        topics.send({"customer_id": GERMAN, "n": 1})
        stream.until_events(1)
        record_choices(GERMAN, "DE", "granted", "withdrawn")
        world.catch_up()
        topics.send({"customer_id": GERMAN, "n": 2})
        stream.until_events(2)

    assert [event["n"] for event in topics.allowed()] == [1]
    assert topics.denied() == {(0, 1): "withdrawn"}
