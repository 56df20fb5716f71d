"""Values that describe events, what becomes of them, and where they go. Pure: no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from lineage.events.types import EventType


class EventState(StrEnum):
    """Where an event stands at one transport. Parked: it was refused, and holds back the rest of its run."""

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
class DeliveryEntry:
    """One event at one transport."""

    transport: str
    state: EventState
    emitted_at: datetime | None
    attempts: int
    failures: int
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One event, and what became of it at each transport as far as that was asked for."""

    event_id: UUID
    run_id: UUID
    sequence: int
    """The event's place in its run, from 1."""
    event_type: EventType
    payload: Mapping[str, Any]
    created_at: datetime
    deliveries: tuple[DeliveryEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitReport:
    """What one call emitted and parked, and how many are left to wait. An event counts for each transport."""

    emitted: int
    waiting: int
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """A backend that takes events by HTTP. `api_key` is shown nowhere."""

    url: str = field(repr=False)  # an address may hold a password
    endpoint: str
    api_key: str = field(default="", repr=False)
    timeout: timedelta = timedelta(seconds=10)
    """How long one event may take, from the look-up of the name to the end of the answer."""
    is_packed: bool = False
    """Whether what is sent is packed by gzip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """A topic that takes events. `properties` are the library's own, and may hold a password."""

    servers: str
    topic: str
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportFigures:
    """How one transport is, and what waits for it."""

    transport: str
    is_configured: bool
    pending: int
    parked: int
    oldest_wait: timedelta | None
    """How long the oldest pending event waits; None if none does."""
    failing_since: datetime | None
    """None: it is well, as far as is known."""
    last_error: str
