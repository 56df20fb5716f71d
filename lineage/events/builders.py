"""Builds the four run events, each a plain dict, ready for JSON and for the outbox.

An event's id follows from its run, type and time: the same event built twice is the same event.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from openlineage.client.event_v2 import RunEvent, RunState
from openlineage.client.serde import Serde

from lineage.errors import LineageError
from lineage.events.dataset_facets import build_input, build_output
from lineage.events.job_facets import build_job
from lineage.events.producer import PRODUCER
from lineage.events.run_facets import build_run
from lineage.events.types import EventType, RunDescription
from lineage.facets.event import EVENT_KEY

Event = dict[str, Any]


class NaiveTime(LineageError):
    """A time without its offset from UTC cannot stand in an event."""

    code = "naive_time"


def start(run: RunDescription, *, at: datetime) -> Event:
    """Return the event that `run` began at `at`.

    :raises NaiveTime: if `at` has no time zone; so do the functions below.
    """
    return _build(EventType.START, run, at)


def complete(run: RunDescription, *, at: datetime) -> Event:
    """Return the event that `run` finished its work at `at`."""
    return _build(EventType.COMPLETE, run, at)


def fail(run: RunDescription, *, at: datetime, message: str) -> Event:
    """Return the event that `run` failed at `at`.

    `message` leaves the house and must hold no personal data: pass the text of an error of ours, which holds
    none, and of any other exception only the name of its class. A stack trace is never sent.
    """
    return _build(EventType.FAIL, run, at, error=message)


def abort(run: RunDescription, *, at: datetime) -> Event:
    """Return the event that `run` was stopped from outside at `at`, or was found dead then."""
    return _build(EventType.ABORT, run, at)


def abort_dead(event: Event, *, at: datetime) -> Event:
    """Return the event that the run of `event`, one of its events, was found dead at `at`.

    It tells everything that `event` tells, so that whoever finds it need not know the run.
    """
    event_time, run = _format_time(at), event["run"]
    event_id = _event_id(UUID(run["runId"]), EventType.ABORT, event_time)
    facets = {**run["facets"], EVENT_KEY: {**run["facets"][EVENT_KEY], "eventId": str(event_id)}}
    return {
        **event,
        "eventType": EventType.ABORT.value,
        "eventTime": event_time,
        "run": {**run, "facets": facets},
    }


def _build(event_type: EventType, run: RunDescription, at: datetime, error: str | None = None) -> Event:
    event_time = _format_time(at)
    event = RunEvent(
        eventType=RunState[event_type],
        eventTime=event_time,
        run=build_run(run, event_id=_event_id(run.run_id, event_type, event_time), error=error),
        job=build_job(run.job),
        inputs=[build_input(source) for source in run.inputs],
        outputs=[build_output(target) for target in run.outputs],
        producer=PRODUCER,
    )
    return Serde.to_dict(event)


def _event_id(run_id: UUID, event_type: EventType, event_time: str) -> UUID:
    return uuid5(run_id, f"{event_type} {event_time}")


def _format_time(at: datetime) -> str:
    if at.tzinfo is None:
        raise NaiveTime("pass an aware datetime")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
