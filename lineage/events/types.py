"""Frozen values that say what an event tells. Pure: no clock.

There is deliberately no place for a facet of the caller's own making: whatever an event can hold is a field
here, and none of them is about one person.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lineage.errors import LineageError
from lineage.events.naming import JOB_NAMESPACE, DatasetName
from lineage.facets.decision import Obligation

_WORD = re.compile(r"[A-Za-z0-9_.:,+/-]{1,200}", re.ASCII)


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


@dataclass(frozen=True, slots=True)
class Transformation:
    """How a column came to bear on another, or on which rows there are: in the words of `columnLineage`.

    `type` is DIRECT, for a value that comes from the column, or INDIRECT, for what only steers; `subtype` is
    one of the constants' below. `masking` says that no value can be told back from what comes out.
    """

    type: str
    subtype: str
    masking: bool = False
    description: str | None = None


PASSED = Transformation("DIRECT", "IDENTITY")
TRANSFORMED = Transformation("DIRECT", "TRANSFORMATION")
AGGREGATED = Transformation("DIRECT", "AGGREGATION")
MASKED = Transformation("DIRECT", "TRANSFORMATION", masking=True, description="masked")
DROPPED = Transformation("DIRECT", "TRANSFORMATION", masking=True, description="dropped: no value passes")
FILTER = Transformation("INDIRECT", "FILTER")
JOIN = Transformation("INDIRECT", "JOIN")
GROUP_BY = Transformation("INDIRECT", "GROUP_BY")
SORT = Transformation("INDIRECT", "SORT")
WINDOW = Transformation("INDIRECT", "WINDOW")
CONDITIONAL = Transformation("INDIRECT", "CONDITIONAL")


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """A column that another, or which rows there are, rests on, and how; several ways: all of them occur."""

    source: ColumnRef
    transformations: tuple[Transformation, ...]


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """An output column and its origins; none if its value was set. A dropped column is listed as well."""

    column: str
    origins: tuple[ColumnOrigin, ...] = ()


class MalformedTag(LineageError):
    """A tag is no plain word, or names a column where there are none."""

    code = "malformed_tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A remark that machines read: on a job, a run, a dataset, or one `column` of a dataset.

    :raises MalformedTag: if `key` or `value` holds anything but letters, digits and `_ . : , + / -`: the form
        of a word, a count, a time or a list leaves no room for a sentence or an e-mail address.
    """

    key: str
    value: str
    column: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no plain word."""
        if not (_WORD.fullmatch(self.key) and _WORD.fullmatch(self.value)):
            raise MalformedTag("a tag's key and value are plain words: letters, digits and _ . : , + / -")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A test that was made of a dataset that was read, and whether it held.

    The standard has this facet for inputs only. What is found in an output (canaries, rows about which
    nothing is known) came in with an input: assert it there.
    """

    name: str
    """What was tested: `canaries_denied`, `no_unknown_allowed`."""
    success: bool
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for it: `team:privacy`, and the kind of ownership. Name a team or role, not a person."""

    name: str
    type: str = "OWNER"

    @classmethod
    def controller(cls, slug: str) -> "Owner":
        """Return the controller, who decides on purposes and means (GDPR Art. 4(7)), as an owner."""
        return cls(f"controller:{slug}", "CONTROLLER")


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement without its literals and comments, which may speak of people: see `events.sql`."""

    text: str
    dialect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A dataset that the run reads."""

    dataset: DatasetName
    columns: tuple[Column, ...] = ()
    statistics: Statistics | None = None
    aliases: tuple[DatasetName, ...] = ()
    """What else it is called, so that events of others meet this one."""
    tags: tuple[Tag, ...] = ()
    owners: tuple[Owner, ...] = ()
    documentation: str | None = None
    assertions: tuple[Assertion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A dataset that the run writes."""

    dataset: DatasetName
    columns: tuple[Column, ...] = ()
    statistics: Statistics | None = None
    aliases: tuple[DatasetName, ...] = ()
    tags: tuple[Tag, ...] = ()
    owners: tuple[Owner, ...] = ()
    documentation: str | None = None
    version: str | None = None
    lineage: tuple[ColumnLineage, ...] = ()
    shaped_by: tuple[ColumnOrigin, ...] = ()
    """The input columns that decided which rows got in, and in which order."""


@dataclass(frozen=True, slots=True)
class Processing:
    """The purpose of a job and the legal bases it may rest on, for the record of processing activities."""

    purpose: str
    legal_bases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDescription:
    """What runs, again and again, under one name.

    :raises MalformedTag: if a tag is about a column.
    """

    name: str
    """Made by `naming.job_name`."""
    kind: str
    """What sort of job it is, in our own terms: `AUDIENCE`, `IMPORT`."""
    processing: Processing | None = None
    documentation: str | None = None
    owners: tuple[Owner, ...] = ()
    tags: tuple[Tag, ...] = ()
    sql: Sql | None = None
    is_stream: bool = False

    def __post_init__(self) -> None:
        """Refuse a tag on a column."""
        _refuse_columns(self.tags)


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
    """One run of a job, as far as it is known when an event is made.

    :raises MalformedTag: if a tag is about a column.
    """

    run_id: UUID
    job: JobDescription
    engine: Engine
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    decision: DecisionSummary | None = None
    parent: ParentRun | None = None
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a tag on a column."""
        _refuse_columns(self.tags)


def _refuse_columns(tags: tuple[Tag, ...]) -> None:
    if any(tag.column is not None for tag in tags):
        raise MalformedTag("only a dataset has columns to tag")
