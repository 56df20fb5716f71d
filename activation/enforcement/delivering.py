"""Handing what a run let leave to its destination, and taking out again who changed meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import pyarrow as pa

from activation.destinations.kinds.interface import Connector, Delivery, Receipt, Removal
from activation.destinations.queries import open_connector
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.drafting import Draft
from activation.enforcement.files import RunFiles
from activation.enforcement.leaving import allowed_rows
from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import Progress
from activation.obligations.plan import OutputColumn
from consent.kernel.errors import AccordantError
from consent.subjects.types import HASHED_KINDS, IdentifierKind
from consent.verifier.manifests.manifest import read_manifest

_HASHED = {plain: hashed for hashed, plain in HASHED_KINDS.items()}


class DeliveryTooLate(AccordantError):
    """One of the allows had ended before the rows could be handed over: they must be decided again."""

    code = "delivery_too_late"
    status = 409


class DestinationGone(AccordantError):
    """The destination was connected when the run began, and is not any more."""

    code = "destination_gone"
    status = 409


@dataclass(frozen=True, slots=True)
class Terms:
    """What a delivery needs besides its files. Kept with the run, so that it can be taken up again."""

    audience: str
    identifiers: dict[str, str]
    """Kind -> column."""

    def row(self) -> dict[str, Any]:
        """Return the terms as plain values."""
        return {"audience": self.audience, "identifiers": self.identifiers}


def find_connector(destination: str) -> Connector | None:
    """Return the way to the destination; None if runs for it end with their files.

    :raises DeliveryRefused: if its settings or credentials make no sense.
    """
    return open_connector(destination)


def state_terms(draft: Draft, audience: str) -> Terms:
    """Return the terms of delivering a draft."""
    told = ((column.field.name, _kind_told(draft, column)) for column in draft.plan.columns)
    return Terms(audience, {kind.value: name for name, kind in told if kind is not None})


def deliver(
    run: EnforcementRun,
    files: RunFiles,
    terms: Terms,
    connector: Connector,
    *,
    now: datetime,
    progress: Progress,
) -> Receipt:
    """Hand the run's output over, before its files get their names. Again, it leaves each row there once.

    :raises DeliveryTooLate: if one of the allows is over.
    :raises DeliveryRefused, DeliveryFailed: if the destination does not take it.
    """
    delivery = describe_delivery(run, files, terms)
    if delivery.not_after is not None and now >= delivery.not_after:
        raise DeliveryTooLate("the first of the allows has ended: run again")
    connector.prepare(delivery)
    return connector.deliver(delivery, progress)


def describe_delivery(run: EnforcementRun, files: RunFiles, terms: Terms) -> Delivery:
    """Return what a connector is handed."""
    content = files.partial(files.manifest).read_bytes()
    manifest = read_manifest(content).manifest
    audience = open_audience(files.partial(files.output), AudienceFormat(manifest.output.format))
    return Delivery(
        run_id=run.pk,
        audience=terms.audience,
        purpose=run.purpose,
        destination=run.destination,
        controller=run.controller,
        schema=audience.schema,
        rows=manifest.allowed,
        batches=audience.batches,
        identifiers={IdentifierKind(kind): column for kind, column in terms.identifiers.items()},
        manifest=content,
        not_after=None if manifest.not_after is None else datetime.fromisoformat(manifest.not_after),
    )


def pull_back(draft: Draft, terms: Terms, connector: Connector, run_id: UUID) -> int:
    """Take out of the destination whose rows were handed over and would be denied by what is known since.

    Return how many rows that were.

    :raises DeliveryRefused, DeliveryFailed: if the destination does not do it.
    """
    rows = draft.judge.list_now_denied()
    if not rows:
        return 0
    kinds = {IdentifierKind(kind): column for kind, column in terms.identifiers.items()}
    columns = list(kinds.values())
    batches = [batch.select(columns) for batch in _rows_at(draft, rows)]
    removal = Removal(
        removal_id=uuid5(run_id, "pull back"),
        audience=terms.audience,
        schema=draft.plan.schema.empty_table().select(columns).schema,
        batches=lambda: iter(batches),
        identifiers=kinds,
    )
    connector.remove(removal)
    return len(rows)


def _rows_at(draft: Draft, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Yield the allowed rows at `places`, counted among the allowed ones, as they were handed over."""
    position, left = 0, list(places)
    for batch in allowed_rows(draft.stream, draft.judge, draft.plan):
        here = [place - position for place in left if place < position + batch.num_rows]
        if here:
            yield batch.take(pa.array(here, pa.int64()))
            left = left[len(here) :]
        position += batch.num_rows


def _kind_told(draft: Draft, column: OutputColumn) -> IdentifierKind | None:
    """Return which kind of identifier the column carries in every row; None if none, or not in all alike."""
    if column.kind is None:
        return None
    owed = [
        {one.kind for one in column.owed(decision.obligations)}
        for decision in draft.judge.outcomes.decisions
        if decision.allowed
    ]
    if not any(owed):
        return column.kind
    if all(kinds == {"mask"} for kinds in owed):
        return _HASHED.get(column.kind, column.kind if column.kind in HASHED_KINDS else None)
    return None
