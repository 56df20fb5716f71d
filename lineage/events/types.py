"""Frozen values that say what an event tells. Pure: no clock.

There is deliberately no place for a facet of the caller's own making: whatever an event can hold is a field
here, and none of them is about one person.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lineage.events.naming import JOB_NAMESPACE, DatasetName
from lineage.facets.decision import Obligation


class EventType(StrEnum):
    """The transitions of a run that we emit. A run has one START and one of the other three."""

    START = "START"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"
    ABORT = "ABORT"


ENDINGS = frozenset({EventType.COMPLETE, EventType.FAIL, EventType.ABORT})


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and type, the type as its source calls it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How much was read or written. None: not known."""

    rows: int | None = None
    size: int | None = None
    """In bytes."""
    files: int | None = None


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a dataset."""

    dataset: DatasetName
    column: str


class Treatment(StrEnum):
    """What an obligation did to a column's values."""

    PASSED = "passed"
    MASKED = "masked"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """Where an output column's values come from. Several treatments: obligations differed between rows."""

    source: ColumnRef
    treatments: tuple[Treatment, ...]


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """An output column and its origins; none if its value was set. A dropped column is listed as well."""

    column: str
    origins: tuple[ColumnOrigin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A dataset that the run reads."""

    dataset: DatasetName
    columns: tuple[Column, ...] = ()
    statistics: Statistics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A dataset that the run writes."""

    dataset: DatasetName
    columns: tuple[Column, ...] = ()
    statistics: Statistics | None = None
    lineage: tuple[ColumnLineage, ...] = ()
    filtered_by: tuple[ColumnRef, ...] = ()
    """The input columns that decided which rows got in."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a job: `team:privacy`, and the kind of ownership. Name a team or role, not a person."""

    name: str
    type: str = "OWNER"


@dataclass(frozen=True, slots=True)
class Processing:
    """The purpose of a job and the legal bases it may rest on, for the record of processing activities."""

    purpose: str
    legal_bases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDescription:
    """What runs, again and again, under one name."""

    name: str
    """Made by `naming.job_name`."""
    kind: str
    """What sort of job it is, in our own terms: `AUDIENCE`, `IMPORT`."""
    processing: Processing | None = None
    documentation: str | None = None
    owners: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    """The software that does the work."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentRun:
    """The run that started this one."""

    run_id: UUID
    job_name: str
    job_namespace: str = JOB_NAMESPACE


@dataclass(frozen=True, slots=True)
class DeniedRows:
    """How many rows were denied for one reason."""

    reason: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """Under which policy a run decides, and, once it has, with what result. None: not known yet."""

    policy_version: int
    policy_digest: str
    """`sha256:` and 64 hexadecimal digits, as `manifest_digest`."""
    purpose: str
    destination: str
    controller: str
    legal_bases: tuple[str, ...] | None = None
    watermark: int | None = None
    rows_in: int | None = None
    allowed: int | None = None
    denied: tuple[DeniedRows, ...] | None = None
    obligations: tuple[Obligation, ...] | None = None
    manifest_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDescription:
    """One run of a job, as far as it is known when an event is made."""

    run_id: UUID
    job: JobDescription
    engine: Engine
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    decision: DecisionSummary | None = None
    parent: ParentRun | None = None
