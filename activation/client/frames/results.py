"""What a filtered table comes to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa


@dataclass(slots=True)
class Summary:
    """Numbers of rows, and what they were decided by. It names nobody."""

    rows: int = 0
    allowed: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    """Rows by the reason of their decision, allows included."""
    watermark: int | None = None
    """The least size of the ledger that an answer rests on; None: nothing could be decided."""
    policy_version: int = 0
    policy_digest: str = ""
    not_after: datetime | None = None
    """When the first of the allows ends by time alone: use the rows before that, or decide again."""

    @property
    def denied(self) -> int:
        """How many rows did not pass."""
        return self.rows - self.allowed

    def add(self, other: "Summary") -> None:
        """Take in what another part of the rows came to."""
        self.rows, self.allowed = self.rows + other.rows, self.allowed + other.allowed
        self.by_reason.update(other.by_reason)
        if other.watermark is not None:
            marks = (self.watermark, other.watermark)
            self.watermark = min(mark for mark in marks if mark is not None)
            self.policy_version, self.policy_digest = other.policy_version, other.policy_digest
        ends = [end for end in (self.not_after, other.not_after) if end is not None]
        self.not_after = min(ends, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """The rows that pass, and why the others do not."""

    rows: Any
    """The rows that passed, in the order given, obligations applied: a Polars frame if that was given."""
    allowed: pa.BooleanArray
    """For each row given, in its place, whether it passed."""
    reasons: pa.DictionaryArray
    """For each row given, in its place, the reason of its decision."""
    summary: Summary

    @property
    def by_reason(self) -> Mapping[str, int]:
        """Rows by the reason of their decision, allows included."""
        return self.summary.by_reason
