"""A stream looks up no strings: whoever is owed one is denied, seen with a real broker and a real store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from activation.enforcement.streaming.outgoing import Writer
from tests.conformance.harness_kafka import Broker
from tests.sending_world import (
    DAY,
    JAN_1,
    QUESTION,
    VENDOR,
    agree,
    make_string,
    make_world,
    say,
    write_policy,
)
from tests.store_world import SharedStore, StoreWorld, make_resolver, store_world
from tests.streams_world import Running, Topics, a_broker, monotonic, running

pytestmark = pytest.mark.usefixtures("committed_database")
ANN, BOB, CAT = "00001", "00002", "00003"
STRING = make_string()
NOT_SUPPORTED = "obligation_not_supported"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests of this file."""
    with a_broker(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture
def topics(broker: Broker) -> Topics:
    """Three new topics."""
    return Topics(broker).make()


@contextmanager
def streaming(folder: Path, topics: Topics) -> Iterator[tuple[Running, StoreWorld]]:
    """Give a stream for the recipient, over a store that has caught up with what is recorded by now."""
    with store_world(folder / "store") as world:
        store = SharedStore(world.databases, resolver=make_resolver(), monotonic=monotonic)
        with running(topics.terms(**QUESTION), topics.settings(), store) as stream:
            yield stream, world


def make_people() -> None:
    """Record two people who may be sent: one of them is owed a string where that is asked, and has one."""
    agree(ANN, tcf=STRING)
    say(BOB, lives="GB")


def events(*customers: str) -> list[dict[str, Any]]:
    """Return events of these, each with a string of its own that nobody vouches for."""
    return [{"customer_id": one, "tc_string": "sent along"} for one in customers]


def test_who_is_owed_a_string_is_denied_whatever_string_they_have(tmp_path: Path, topics: Topics) -> None:
    make_world()
    make_people()
    topics.send(*events(ANN, BOB))

    with streaming(tmp_path, topics) as (stream, _):
        stream.until_events(2)

    assert topics.denied() == {(0, 0): NOT_SUPPORTED}
    assert [one["customer_id"] for one in topics.allowed()] == [BOB]
    assert not [one for one in topics.read("denied") if STRING[:20] in str(one.data)]


def test_a_vendor_gets_nobody_by_a_stream(tmp_path: Path, topics: Topics) -> None:
    make_world(owed="{}", vendor=VENDOR, purposes=(1, 8))
    make_people()
    topics.send(*events(ANN, BOB))

    with streaming(tmp_path, topics) as (stream, _):
        stream.until_events(2)

    assert topics.denied() == {(0, 0): NOT_SUPPORTED, (0, 1): NOT_SUPPORTED}
    assert topics.allowed() == []


def test_a_policy_that_asks_for_strings_from_now_on_denies_the_next_event(
    tmp_path: Path, topics: Topics
) -> None:
    make_world(owed="{}")
    make_people()
    with streaming(tmp_path, topics) as (stream, world):
        topics.send(*events(ANN))
        stream.until_events(1)
        write_policy(author="second", approver="third", at=JAN_1 + DAY)
        world.catch_up()
        topics.send(*events(ANN))
        stream.until_events(2)

    assert [one["customer_id"] for one in topics.allowed()] == [ANN]
    assert topics.denied() == {(0, 1): NOT_SUPPORTED}


def let_it_through(patch: pytest.MonkeyPatch) -> None:
    """Write events as if nothing were owed that is not known here."""
    plan = Writer._plan

    def without(self: Any, owed: Any) -> Any:
        return plan(self, tuple(one for one in owed if one.kind not in {"signal", "tcf_vendor"}))

    patch.setattr(Writer, "_plan", without)


@pytest.mark.parametrize(
    "test",
    [test_who_is_owed_a_string_is_denied_whatever_string_they_have, test_a_vendor_gets_nobody_by_a_stream],
)
def test_an_event_let_through_without_its_string_is_seen(
    tmp_path: Path, topics: Topics, test: Callable[..., None]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        let_it_through(patch)
        with pytest.raises(AssertionError):
            test(tmp_path, topics)
