"""The outbox's rules: what may enter, in which order, and when to try again."""

import pytest

from lineage.events.builders import start
from lineage.events.types import EventType
from lineage.outbox.rules import EventOutOfOrder, InvalidEvent, check_order, read_key
from lineage.outbox.services import NotInTransaction, enqueue
from tests.lineage_runs import NOON, make_run

START, COMPLETE, FAIL = EventType.START, EventType.COMPLETE, EventType.FAIL


@pytest.mark.parametrize(("earlier", "event_type"), [([], START), ([START], COMPLETE), ([START], FAIL)])
def test_a_run_starts_and_then_ends(earlier: list[EventType], event_type: EventType) -> None:
    check_order(earlier, event_type)


@pytest.mark.parametrize(
    ("earlier", "event_type"),
    [([START], START), ([], COMPLETE), ([START, COMPLETE], FAIL), ([START, FAIL], FAIL)],
)
def test_any_other_order_is_refused(earlier: list[EventType], event_type: EventType) -> None:
    with pytest.raises(EventOutOfOrder):
        check_order(earlier, event_type)


def test_the_key_of_an_event_is_read_from_it() -> None:
    run = make_run()

    key = read_key(start(run, at=NOON))

    assert (key.run_id, key.event_type) == (run.run_id, EventType.START)


def test_an_invalid_event_is_refused_with_the_path_of_each_violation() -> None:
    event = start(make_run(), at=NOON)
    event["run"]["runId"] = "run-1"
    event.pop("eventTime")

    with pytest.raises(InvalidEvent, match=r"eventTime.*\$\.run\.runId|\$\.run\.runId.*eventTime"):
        read_key(event)


@pytest.mark.parametrize("change", [{"eventType": "OTHER"}, {"eventType": None}])
def test_an_event_of_another_kind_is_refused(change: dict[str, str | None]) -> None:
    with pytest.raises(InvalidEvent):
        read_key(start(make_run(), at=NOON) | change)


def test_an_event_without_an_id_of_its_own_is_refused() -> None:
    event = start(make_run(), at=NOON)
    del event["run"]["facets"]["accordant_event"]

    with pytest.raises(InvalidEvent):
        read_key(event)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_text_that_the_database_cannot_hold_is_refused_before_it_gets_there(name: str) -> None:
    event = start(make_run(), at=NOON)
    event["inputs"][0]["facets"]["schema"]["fields"][0]["name"] = name

    with pytest.raises(InvalidEvent):
        read_key(event)


def test_an_event_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(NotInTransaction):
        enqueue(event=start(make_run(), at=NOON))
