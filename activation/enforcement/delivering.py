"""Handing what a run let leave to its destination, and taking out again who changed meanwhile."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

import pyarrow as pa

from activation.decisions.register import deny_recipient
from activation.destinations.kinds.interface import Connector, Delivery, Receipt, Removal
from activation.destinations.queries import get_register, open_connector
from activation.enforcement.audience.identifiers import read_identifiers
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.audience.types import Audience, AudienceFormat
from activation.enforcement.drafting import Draft
from activation.enforcement.files import RunFiles
from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import Progress
from activation.obligations.plan import OutputColumn
from consent.kernel.errors import AccordantError
from consent.network.errors import DeliveryRefused
from consent.subjects.queries import find_subjects
from consent.subjects.types import HASHED_KINDS, IdentifierKind
from consent.verifier.manifests.manifest import Manifest, read_manifest

_HASHED = {plain: hashed for hashed, plain in HASHED_KINDS.items()}


class DeliveryTooLate(AccordantError):
    """One of the allows had ended before the rows could be handed over: they must be decided again."""

    code = "delivery_too_late"
    status = 409


class DestinationGone(AccordantError):
    """The destination was connected when the run began, and is not any more."""

    code = "destination_gone"
    status = 409


class DestinationShut(AccordantError):
    """The destination was suspended when the rows were about to be handed over."""

    code = "destination_shut"
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

    @property
    def columns(self) -> Mapping[IdentifierKind, str]:
        """The identifier columns by kind."""
        return {IdentifierKind(kind): column for kind, column in self.identifiers.items()}


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
    :raises DestinationShut: if the destination may get nothing now. It is not asked at all then.
    :raises DeliveryRefused, DeliveryFailed: if the destination does not take it.
    """
    refuse_if_shut(run.destination, now)
    delivery = describe_delivery(run, files, terms)
    if delivery.not_after is not None and now >= delivery.not_after:
        raise DeliveryTooLate("the first of the allows has ended: run again")
    connector.prepare(delivery)
    return connector.deliver(delivery, progress)


def refuse_if_shut(destination: str, now: datetime) -> None:
    """Return if the destination may get anything at all now.

    :raises DestinationShut: if not.
    """
    if deny_recipient(get_register(), destination, now):
        raise DestinationShut("the destination may get nothing now: resume it, and run again")


def may_get_rows(draft: Draft) -> bool:
    """Return whether the destination was registered, and not suspended, when the rows were decided."""
    return deny_recipient(draft.register, draft.order.question.destination, draft.order.at) is None


def describe_delivery(run: EnforcementRun, files: RunFiles, terms: Terms) -> Delivery:
    """Return what a connector is handed."""
    content = files.partial(files.manifest).read_bytes()
    manifest = read_manifest(content).manifest
    audience = _open_output(files, manifest, terms)
    return Delivery(
        run_id=run.pk,
        audience=terms.audience,
        purpose=run.purpose,
        destination=run.destination,
        controller=run.controller,
        schema=audience.schema,
        rows=manifest.allowed,
        batches=audience.batches,
        identifiers=terms.columns,
        manifest=content,
        not_after=None if manifest.not_after is None else datetime.fromisoformat(manifest.not_after),
    )


def pull_back(draft: Draft, files: RunFiles, terms: Terms, connector: Connector) -> int:
    """Take out of the destination whose rows were handed over and would be denied by what is known since.

    Return how many rows that were.

    :raises DeliveryRefused, DeliveryFailed: if the destination does not do it.
    """
    judge = draft.judge
    strangers = judge.list_denied() if judge.lets_strangers_leave else ()
    return take_out(files, terms, connector, places=judge.list_now_denied(), denied=strangers)


def take_out(
    files: RunFiles,
    terms: Terms,
    connector: Connector,
    *,
    denied: Collection[str],
    places: Collection[int] = (),
) -> int:
    """Take the output's rows at `places` out of the destination, and those that lead to people in `denied`.

    Return how many rows that were.

    :raises DeliveryRefused, DeliveryFailed: if the destination does not do it.
    """
    if not denied and not places:
        return 0
    manifest = read_manifest(files.lying(files.manifest).read_bytes()).manifest
    audience, columns = _open_output(files, manifest, terms), list(terms.columns.values())
    rows = [one.select(columns) for one in _rows_about(audience, terms, frozenset(denied), frozenset(places))]
    if not rows:
        return 0
    if not columns:
        raise DeliveryRefused(
            "people changed who were handed over, and no column tells the destination who they are: run again"
        )
    connector.remove(
        Removal(
            removal_id=uuid5(files.run_id, "pull back"),
            audience=terms.audience,
            schema=rows[0].schema,
            batches=lambda: iter(rows),
            identifiers=terms.columns,
        )
    )
    return sum(one.num_rows for one in rows)


def _rows_about(
    audience: Audience, terms: Terms, denied: frozenset[str], places: frozenset[int]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows as they were handed over, those of each batch together."""
    position = 0
    for batch in audience.batches():
        led = _list_led(batch, terms, denied) if denied else ()
        here = sorted({*led, *(row for row in range(batch.num_rows) if position + row in places)})
        position += batch.num_rows
        if here:
            yield batch.take(pa.array(here, pa.int64()))


def _list_led(batch: pa.RecordBatch, terms: Terms, denied: frozenset[str]) -> list[int]:
    if not terms.identifiers:
        return []
    found = find_subjects([one or () for one in read_identifiers(batch, terms.columns)])
    return [row for row, refs in enumerate(found) if not refs.isdisjoint(denied)]


def _open_output(files: RunFiles, manifest: Manifest, terms: Terms) -> Audience:
    path, form = files.lying(files.output), AudienceFormat(manifest.output.format)
    if path.stat().st_size:
        return open_audience(path, form)
    nobody = pa.schema([(column, pa.string()) for column in terms.identifiers.values()])
    return Audience(path, form, nobody, lambda: iter(()))  # lines of JSON: none of them


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
