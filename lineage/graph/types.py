"""Values that describe the graph. Pure: no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Origin(StrEnum):
    """Who told: this service, or somebody who sent us events."""

    EMITTED = "emitted"
    RECEIVED = "received"


class NodeKind(StrEnum):
    """What a node of the picture is."""

    DATASET = "dataset"
    JOB = "job"
    DESTINATION = "destination"


class Direction(StrEnum):
    """Which way to follow data."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A dataset, a job, or a destination, which is a dataset outside."""

    key: str
    """`d17`, `j4`: the same for as long as the row exists, and safe in a URL."""
    kind: NodeKind
    namespace: str
    name: str
    origin: Origin
    purpose: str = ""
    """Of a job; several, comma-separated."""
    legal_basis: str = ""
    categories: tuple[str, ...] = ()
    """The categories of personal data that a dataset holds, as far as tags or an officer said."""
    is_personal: bool = False
    is_gate: bool = False
    """Whether the job is an enforcement of ours."""
    owners: tuple[str, ...] = ()
    last_run: UUID | None = None
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Data that goes from a dataset into a job, or out of it."""

    source: str
    target: str
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A part of the graph. `is_cut`: there is more that was asked for than fits."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureQuery:
    """Which part of the graph to show. Without a focus: what was seen last."""

    focus: str | None = None
    """A node's key."""
    direction: Direction = Direction.BOTH
    depth: int = 6
    purpose: str | None = None
    category: str | None = None
    limit: int = 200
    """Nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """One run, as far as events told."""

    run_id: UUID
    job: Node
    state: str
    """The last transition: START, COMPLETE, FAIL, ABORT and, received, RUNNING or OTHER."""
    started_at: datetime | None
    ended_at: datetime | None
    parent: UUID | None
    decision: Mapping[str, Any] | None
    """The facet `accordant_decision`; only runs of ours have one."""
    inputs: tuple[Node, ...] = ()
    outputs: tuple[Node, ...] = ()


class PathKind(StrEnum):
    """What is wrong with a path to the outside."""

    UNGATED = "ungated"
    OTHER_DESTINATION = "other_destination"
    """An enforcement let the data go, but to another destination than it reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UngatedPath:
    """A way from personal data to the outside that no enforcement of ours stands on."""

    kind: PathKind
    nodes: tuple[Node, ...]
    """Dataset, job, dataset, … , dataset outside. Two datasets in a row: others call them one."""
    owners: tuple[str, ...]
    since: datetime
    """When all of it had been seen for the first time."""
    last_seen_at: datetime
    """When all of it was seen: the time of the edge that was not seen for longest."""
    is_masked: bool = False
    """Whether a step on it is known to pass masked columns only. It clears nothing: that is personal."""
    acknowledged: "Acknowledged | None" = None
    """Who knows of it, if that is still in force."""

    @property
    def key(self) -> str:
        """What names the path in an address, and in `acknowledge_path`."""
        return f"{self.kind}.{self.nodes[0].key}.{self.nodes[-1].key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """An officer's note that a path is known."""

    by: str
    at: datetime
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPage:
    """Some of the paths, and what the next page goes on from; None: there is no more."""

    paths: tuple[UngatedPath, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """Some of the runs, the newest first, and what the next page goes on from; None: there is no more."""

    runs: tuple["RunEntry", ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStep:
    """An output column that rests on an input column, by one job."""

    job: Node
    source: Node
    column: str
    target: Node
    output: str
    """Empty: the column decides which rows there are."""
    type: str
    subtype: str
    is_masked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The destinations and the datasets outside that data of a dataset reaches, by whatever jobs."""

    destinations: tuple[str, ...]
    """Slugs."""
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A processing that runs of ours told of: what a record of processing activities compares with."""

    purpose: str
    legal_bases: tuple[str, ...]
    destination: str
    controller: str
    columns: tuple[str, ...]
    """What went out, by the names of the output's columns; masked ones end in ` (masked)`."""
    sources: tuple[str, ...]
    """`namespace/name` of the datasets that were read."""
    runs: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What an officer declared of a dataset. `by` is empty if nobody declared anything."""

    categories: tuple[str, ...] = ()
    is_personal: bool = False
    is_outside: bool = False
    owner: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEntry:
    """A column, as events told of it last."""

    name: str
    type: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDetails:
    """What a page on one dataset shows beside its node."""

    columns: tuple[ColumnEntry, ...]
    documentation: str
    declared: Declared


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryEntry:
    """Datasets that lie outside or inside by what their names begin with, and who said so."""

    namespace: str
    name: str
    is_outside: bool
    owner: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much a run read of a dataset, or wrote to it. None: not told. `key` is the dataset's."""

    key: str
    is_output: bool
    rows: int | None
    size: int | None
    """In bytes."""
