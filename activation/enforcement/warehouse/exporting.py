"""Writing the consent mapping to a file that a warehouse can load."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

import pyarrow as pa

from activation.decisions.types import Decision, Question
from activation.enforcement.audience.reading import format_of
from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.audience.writing import open_writer
from activation.enforcement.files import OutputExists, OutputNotWritable
from activation.enforcement.types import Progress
from activation.enforcement.warehouse.deciding import decide_everybody
from activation.enforcement.warehouse.mapping import NO_END, MappingRow, arrow_schema, encode
from activation.enforcement.warehouse.types import KEY_KINDS, WarehouseMalformed
from activation.obligations.plan import is_supported
from activation.snapshots.queries import Snapshot, open_snapshot

_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export holds. It names nobody."""

    output: Path
    decided_at: datetime
    watermark: int
    policy_version: int
    policy_digest: str
    keys: int
    """How many keys were decided."""
    allowed: int
    """How many of them stand in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    question: Question
    key_kind: str
    decided_at: datetime
    snapshot: Snapshot

    def to_arrow(self, rows: Sequence[MappingRow], schema: pa.Schema) -> pa.RecordBatch:
        same = {
            "key_kind": self.key_kind,
            "purpose": self.question.purpose,
            "destination": self.question.destination,
            "controller": self.question.controller,
            "allowed": True,
            "decided_at": _moment(self.decided_at, schema),
            "watermark": self.snapshot.watermark,
            "policy_digest": self.snapshot.policy.digest,
        }
        values = [
            {
                **same,
                "subject_key": row.subject_key,
                "obligations": row.obligations,
                "valid_until": _moment(row.valid_until, schema),
            }
            for row in rows
        ]
        return pa.RecordBatch.from_pylist(values, schema)


def export_mapping(
    *,
    question: Question,
    key_kind: str,
    output: Path,
    at: datetime,
    overwrite: bool = False,
    progress: Progress = lambda _: None,
) -> Exported:
    """Decide everybody at `at`, and write those who may be read to a CSV, NDJSON or Parquet file.

    Who may not is not in the file: a warehouse need not learn who said no. The file is pseudonymous
    personal data, for its owner's eyes only (mode 0600), and appears whole or not at all. `decided_at` is
    the earlier of `at` and the database's clock.

    :raises WarehouseMalformed: if the key's kind or the output's name is none that is known.
    :raises OutputExists: if the output is there and may not be replaced; :raises OutputNotWritable: if its
        folder takes no files.
    """
    form = format_of(output)
    if form is None or key_kind not in KEY_KINDS:
        raise WarehouseMalformed(
            "name the output .csv, .ndjson or .parquet, and the key by a kind that is kept"
        )
    schema = arrow_schema(times_as_text=form is not AudienceFormat.PARQUET)
    keys = allowed = 0
    with open_snapshot(at=at) as snapshot, _whole_file(output, overwrite=overwrite) as file:
        decided_at = min(at, snapshot.complete_at)
        batch = _Batch(question=question, key_kind=key_kind, decided_at=decided_at, snapshot=snapshot)
        decided = decide_everybody(snapshot=snapshot, question=question, key_kind=key_kind, at=at)
        with open_writer(file, form, schema) as writer:
            for some in decided:
                rows = [_row(key, decision) for key, decision in some if _may_be_read(decision)]
                writer.write_batch(batch.to_arrow(rows, schema))
                keys, allowed = keys + len(some), allowed + len(rows)
                progress(keys)
    return Exported(
        output=output,
        decided_at=decided_at,
        watermark=snapshot.watermark,
        policy_version=snapshot.policy.version,
        policy_digest=snapshot.policy.digest,
        keys=keys,
        allowed=allowed,
    )


def _may_be_read(decision: Decision) -> bool:
    """Return whether the row may stand in the mapping: whoever is owed what no warehouse can do stays out."""
    return decision.allowed and all(is_supported(one) for one in decision.obligations)


def _row(key: str, decision: Decision) -> MappingRow:
    return MappingRow(
        subject_key=key,
        obligations=encode(decision.obligations),
        valid_until=decision.valid_until or NO_END,
    )


def _moment(at: datetime, schema: pa.Schema) -> datetime | str:
    return at.isoformat() if pa.types.is_string(schema.field("decided_at").type) else at


@contextmanager
def _whole_file(output: Path, *, overwrite: bool) -> Iterator[IO[bytes]]:
    if not os.access(output.parent, os.W_OK | os.X_OK) or output.is_dir():
        raise OutputNotWritable(f"{output.name}: its folder is missing or takes no files")
    if output.exists() and not overwrite:
        raise OutputExists(f"{output.name}: there already; choose another name, or --overwrite")
    partial = output.with_name(f"{output.name}.{uuid4().hex}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
