"""Whom a list leads to: found once, when the simulation is begun, and kept as pseudonyms until it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from activation.desk.models import AudienceMember, SimulationRun
from activation.enforcement.audience.identifiers import (
    IdentifierColumns,
    find_identifier_columns,
    read_identifiers,
)
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.audience.types import AudienceFormat
from consent.subjects.queries import find_subjects
from consent.subjects.types import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceFile:
    """A list of people to simulate on."""

    path: Path
    name: str
    """What the run is to call it. No path."""
    identifiers: Mapping[IdentifierKind, str] | None = None
    """The columns of identifiers; None: those named like a kind."""
    format: AudienceFormat | None = None
    """None: by the extension."""


def keep_members(run: SimulationRun, file: AudienceFile) -> None:
    """Write whom `file` leads to, each subject once, and count its rows on `run`.

    :raises AudienceUnreadable: if the list cannot be read, with what to do about it.
    """
    audience = open_audience(file.path.resolve(), file.format)
    columns = find_identifier_columns(audience.schema, file.identifiers)
    for batch in audience.batches():
        _keep(run, batch, columns)
    run.save(update_fields=["audience_rows", "audience_not_found"])


def _keep(run: SimulationRun, batch: pa.RecordBatch, columns: IdentifierColumns) -> None:
    rows = read_identifiers(batch, columns)
    found = find_subjects([row for row in rows if row])
    refs = sorted({ref for led_to in found for ref in led_to})
    AudienceMember.objects.bulk_create(
        (AudienceMember(run=run, subject_ref=ref) for ref in refs), ignore_conflicts=True
    )
    run.audience_rows += len(rows)
    run.audience_not_found += len(rows) - sum(bool(led_to) for led_to in found)
