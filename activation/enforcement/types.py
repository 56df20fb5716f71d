"""Values that describe enforcement runs. Pure: no Django, no clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from lineage.events.types import ParentRun

TOOL = "accordant"
TOOL_VERSION = "0.1.0"

Progress = Callable[[int], None]
"""Called with the number of rows decided so far."""


class Stage(StrEnum):
    """What a run is about to do. Until nothing changes meanwhile, it reads, decides and writes anew."""

    READING = "reading"  # who each row is about
    DECIDING = "deciding"
    WRITING = "writing"
    CHECKING = "checking again"  # whether anybody changed meanwhile
    HANDING_OVER = "handing over"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Whoever follows a run from beside."""

    rows: Progress = lambda _: None
    """Called with the number of rows read so far, and then of those that the recipient has taken."""
    stage: Callable[[Stage], None] = lambda _: None
    """Called when a stage begins."""
    parent: ParentRun | None = None
    """The watcher's own run, which this one is a part of, as lineage is to hear."""
    title: str = ""
    """What a standing audience is called, as lineage is to hear."""


class RunStatus(StrEnum):
    """Where a run stands. Only a completed one has delivered anything."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    ABANDONED = "abandoned"  # its process died; found by a later run


class DeliveryState(StrEnum):
    """How far handing rows over to a connected destination came."""

    NONE = "none"  # nothing was handed over: the destination is not connected, or it did not come to that
    SENDING = "sending"  # rows may be there
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a completed run did, and where its files lie."""

    run_id: UUID
    purpose: str
    destination: str
    controller: str
    rows_in: int
    allowed: int
    denied: int
    denied_by_reason: Mapping[str, int]
    policy_version: int
    policy_digest: str
    output: Path
    manifest: Path
    evidence: Path
    canaries: int
    delivery: str
    delivery_reference: str
    pulled_back: int
    """Rows that were taken out of the destination again, since people changed while they were handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run as others may see it, at any time of its life."""

    run_id: UUID
    status: RunStatus
    purpose: str
    destination: str
    controller: str
    decided_at: datetime
    started_at: datetime
    finished_at: datetime | None
    rows_in: int
    allowed: int
    denied: int
    denied_by_reason: Mapping[str, int]
    policy_version: int
    policy_digest: str
    watermark: int
    states_watermark: int
    canaries: int
    manifest_digest: str
    delivery: DeliveryState
    delivery_reference: str
    pulled_back: int
    error: str
