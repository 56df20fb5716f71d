"""Sources, queries and answers, and what can be wrong with them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from activation.enforcement.audience.types import AudienceUnreadable


class SourceUnknown(AudienceUnreadable):
    """No source of that name is configured, or its address is none that can be asked."""

    code = "source_unknown"


class SourceUnreachable(AudienceUnreadable):
    """The source does not answer, or does not let us in."""

    code = "source_unreachable"
    status = 502


class SourceTooPowerful(AudienceUnreadable):
    """The role that the source is asked by could change data, so it is not asked."""

    code = "source_too_powerful"


class QueryMalformed(AudienceUnreadable):
    """The file holds no query, or more than one."""

    code = "query_malformed"


class QueryFailed(AudienceUnreadable):
    """The source refused the query, or could not answer it to its end."""

    code = "query_failed"


class ColumnTypeUnsupported(AudienceUnreadable):
    """A column has a type that no file format of ours can hold."""

    code = "column_type_unsupported"


class SourceKind(StrEnum):
    """What a source is asked with; the value is its dialect's name."""

    POSTGRESQL = "postgres"
    DUCKDB = "duckdb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A database as the operator named it."""

    name: str
    kind: SourceKind
    address: str = field(repr=False)
    """A connection URI of PostgreSQL, which may hold a password; or the path of DuckDB's file."""
    timeout: timedelta
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Query:
    """One statement, and the file that it was read from."""

    path: Path
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says to a query: the columns at once, the rows as they are taken."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


Ask = Callable[[], AbstractContextManager[Answer]]
"""Asks the source anew. Raises AudienceUnreadable, on entering and while rows are taken."""
