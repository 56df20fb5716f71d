"""An audience opened for reading, and what can be wrong with one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from consent.kernel.errors import AccordantError
from lineage.events.sql.types import QueryLineage
from lineage.events.types import Sql

ROWS_AT_ONCE = 4096
COLUMNS_AT_ONCE = 65_536
"""Rows read at a time from a format that keeps columns together."""


class AudienceFormat(StrEnum):
    """The file types that a run reads, and writes as it read them."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


class AudienceUnreadable(AccordantError):
    """The file is not what its format says, or cannot be read at all."""

    code = "audience_unreadable"


@dataclass(frozen=True, slots=True)
class Asked:
    """What lineage hears of the query that an audience is the answer to. It names nobody."""

    lineage: QueryLineage
    sql: Sql | None
    """None: it could not be redacted with certainty."""
    places: tuple[int | None, ...]
    """Which of the lineage's columns each column of the audience is; None: not known."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A file whose schema is known and whose rows have not been read yet."""

    path: Path
    format: AudienceFormat
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]
    """Read the rows from the start, `COLUMNS_AT_ONCE` or fewer at a time. Raises AudienceUnreadable."""
    digest: Callable[[], str] | None = None
    """What stands for the bytes that were read, once `batches` has come to its end. None: the file's digest
    does. A query has no bytes but those of its answer: see `asking.query_source`."""
    only: Callable[[Sequence[str]], Iterator[pa.RecordBatch]] | None = None
    """Read some of the columns as `batches` reads all, where the format need not read the others for that."""
    asked: Asked | None = None
    """None: it is a file."""

    def select(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read these columns from the start."""
        if self.only is not None:
            return self.only(columns)
        return (batch.select(columns) for batch in self.batches())
