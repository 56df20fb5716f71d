"""The consent mapping table: one row for each person who may be read for one question. Pure.

Absence means no. Obligations stand in a row as text that every warehouse can take apart with REPLACE: `#`,
and behind it each obligation between bars, such as `#|drop:phone||mask:email:sha256|`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from sqlglot import exp

from activation.decisions.types import Obligation
from consent.kernel.errors import AccordantError

START = "#"
_BAR = "|"
NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Written where an answer has no end of its own: an end that got lost must not read as none."""

COLUMNS = {
    "subject_key": "TEXT",
    "key_kind": "TEXT",
    "purpose": "TEXT",
    "destination": "TEXT",
    "controller": "TEXT",
    "allowed": "BOOLEAN",
    "obligations": "TEXT",
    "valid_until": "TIMESTAMPTZ",
    "decided_at": "TIMESTAMPTZ",
    "watermark": "BIGINT",
    "policy_digest": "TEXT",
}
"""The columns of an exported mapping, and their types in sqlglot's words."""
LOADED_AT = "loaded_at"
QUESTION = ("key_kind", "purpose", "destination", "controller")
"""What one load replaces."""
_ARROW = {"TEXT": pa.string(), "BOOLEAN": pa.bool_(), "BIGINT": pa.int64()}


class ObligationNotWritable(AccordantError):
    """An obligation holds a character that the mapping uses as its own."""

    code = "obligation_not_writable"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """One person who may be read."""

    subject_key: str
    obligations: str
    valid_until: datetime


def arrow_schema(*, times_as_text: bool) -> pa.Schema:
    """Return the schema of an exported mapping; CSV and NDJSON carry times as ISO 8601 text."""
    moment = pa.string() if times_as_text else pa.timestamp("us", "UTC")
    return pa.schema(
        [pa.field(name, _ARROW.get(kind, moment), nullable=False) for name, kind in COLUMNS.items()]
    )


def mark(obligation: Obligation) -> str:
    """Return how one obligation stands in a row.

    :raises ObligationNotWritable: if its words hold a bar.
    """
    words = [obligation.kind, obligation.field.casefold(), *([obligation.value] if obligation.value else [])]
    if any(_BAR in word for word in words):
        raise ObligationNotWritable(
            "an obligation's field or value holds '|': write it otherwise in the policy"
        )
    return f"{_BAR}{':'.join(words)}{_BAR}"


def encode(obligations: Iterable[Obligation]) -> str:
    """Return the text of a row's obligations.

    :raises ObligationNotWritable: if it could not be read again.
    """
    return START + "".join(sorted(mark(one) for one in obligations))


def column_definitions() -> list[exp.ColumnDef]:
    """Return the table's columns: all are required, so that nothing lost can read as a yes."""
    required = exp.ColumnConstraint(kind=exp.NotNullColumnConstraint())
    return [
        exp.ColumnDef(
            this=exp.to_identifier(name, quoted=True),
            kind=exp.DataType.build(kind),
            constraints=[required.copy()],
        )
        for name, kind in [*COLUMNS.items(), (LOADED_AT, "TIMESTAMPTZ")]
    ]
