"""Values that describe waiting and emitted events. Pure: no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lineage.events.types import EventType


class EventState(StrEnum):
    """Where an event stands. Parked: it can never be emitted as it is, nor can a later one of its run."""

    PENDING = "pending"
    EMITTED = "emitted"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKey:
    """What the outbox must know of an event: its identity, its run, and the transition it tells of."""

    event_id: UUID
    run_id: UUID
    event_type: EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One event and what became of it."""

    event_id: UUID
    run_id: UUID
    sequence: int
    """The event's place in its run, from 1."""
    event_type: EventType
    payload: Mapping[str, Any]
    state: EventState
    created_at: datetime
    emitted_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitReport:
    """What one call emitted and parked, and how many events are left to wait."""

    emitted: int
    waiting: int
    parked: int
