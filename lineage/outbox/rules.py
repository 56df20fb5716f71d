"""What an event must hold to enter the outbox, and the order of a run's events. Pure."""

import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from lineage.errors import LineageError
from lineage.events.types import ENDINGS, EventType
from lineage.facets.event import EVENT_KEY
from lineage.facets.validation import check_event
from lineage.outbox.types import EventKey


class InvalidEvent(LineageError):
    """The event is not one that the outbox takes; the message lists each violation with its path."""

    code = "invalid_event"


class EventOutOfOrder(LineageError):
    """A run has one START, first, and one of COMPLETE, FAIL and ABORT, last."""

    code = "event_out_of_order"


def read_key(event: Mapping[str, Any]) -> EventKey:
    """Return what identifies `event`, a run event made by `lineage.events.builders`.

    :raises InvalidEvent: if it violates a schema, is not one of our four run events, or carries no id.
    """
    if violations := check_event(event):
        raise InvalidEvent("; ".join(violations))
    _check_storable(event)
    try:
        return EventKey(
            event_id=UUID(event["run"]["facets"][EVENT_KEY]["eventId"]),
            run_id=UUID(event["run"]["runId"]),
            event_type=EventType(event["eventType"]),
        )
    except (KeyError, ValueError) as error:
        raise InvalidEvent("build the event with lineage.events.builders") from error


def _check_storable(event: Mapping[str, Any]) -> None:
    """Refuse what `jsonb` refuses, before it spoils the caller's transaction: lone surrogates, NaN.

    So is a NUL; `check_event` finds it.
    """
    try:
        json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise InvalidEvent("the event holds a lone surrogate or a number that JSON has not") from error


def check_order(earlier: Collection[EventType], event_type: EventType) -> None:
    """Return if an event of `event_type` may follow the run's `earlier` ones.

    :raises EventOutOfOrder: if it may not.
    """
    if event_type is EventType.START and earlier:
        raise EventOutOfOrder("the run has started already")
    if event_type is not EventType.START and EventType.START not in earlier:
        raise EventOutOfOrder(f"the run has not started: enqueue START before {event_type}")
    if ENDINGS.intersection(earlier):
        raise EventOutOfOrder(f"the run has ended already: {event_type} cannot follow")
