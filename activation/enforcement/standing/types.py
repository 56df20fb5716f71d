"""Values that describe standing audiences, orders for runs, and drift. Pure: no Django, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class WorkStatus(StrEnum):
    """Where something that a worker is to carry out stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OrderSource(StrEnum):
    """What asked for a run."""

    API = "api"
    ADMIN = "admin"
    SCHEDULE = "schedule"
    DRIFT = "drift"


class Rerun(StrEnum):
    """When a standing audience is run again because of what a measuring of its drift found."""

    ALWAYS = "always"  # whenever a run now would send others than the last one did
    WHEN_WRONG = "when_wrong"  # if anybody who was sent would be denied now
    NEVER = "never"


class Outlook(StrEnum):
    """Which moment drift is told for."""

    NOW = "now"
    APPROVED = "approved"  # now, if a policy that is approved and not published yet were in force
    POLICY = "policy"  # when a policy that is published already takes effect
    LATER = "later"  # some days from now, by the policy that is in force then


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What a run is asked about: which list, for what, and where to."""

    purpose: str
    destination: str
    controller: str
    input: str
    """The file's path below the folder of audiences."""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Kind of identifier -> column. Empty: by the columns' names."""
    audience_format: str = ""
    """Empty: by the file's extension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A standing audience as an officer defines it."""

    slug: str
    title: str
    request: RunRequest
    schedule: str = ""
    """As `read_schedule` reads it. Empty: by hand."""
    rerun: Rerun = Rerun.WHEN_WRONG


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSummary:
    """An order for a run as others may see it, at any time of its life."""

    order_id: UUID
    status: WorkStatus
    source: OrderSource
    audience: str
    purpose: str
    destination: str
    controller: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stop_asked_at: datetime | None
    rows_done: int
    rows_total: int | None
    attempt: int
    run_id: UUID | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSummary:
    """A standing audience with where it stands."""

    slug: str
    title: str
    purpose: str
    destination: str
    controller: str
    schedule: str
    rerun: Rerun
    is_active: bool
    next_run_at: datetime | None
    last_run_id: UUID | None
    last_run_at: datetime | None
    wrong: int | None
    """How many identifiers that its last run sent would be denied, when last measured; None: never was."""
    measured_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSummary:
    """How far what was sent is from what may be sent. Counts are of identifiers; nobody is named."""

    audience: str
    run_id: UUID
    """The run whose evidence the input was held against."""
    measured_at: datetime
    watermark: int
    sent: int
    left_the_list: int
    """Sent, and in no row of the list any more: whether they may still be sent is not known from the list."""
    outlooks: Sequence[Mapping[str, Any]]
    rerun_order_id: UUID | None
    is_measuring: bool
    """Whether a newer measuring waits or is under way."""
