"""Which runs sent people to a destination in some time, or read or wrote a file. They name nobody."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db.models import Q, QuerySet

from activation.enforcement.models import EnforcementRun
from activation.enforcement.services import name_of
from activation.enforcement.types import DeliveryState, RunStatus

_LEFT = Q(status=RunStatus.COMPLETED) | ~Q(delivery=DeliveryState.NONE)
"""Runs of which something left, or may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRun:
    """A run of which something left, or may have."""

    run_id: UUID
    purpose: str
    destination: str
    controller: str
    audience: str
    """What the destination calls it, as far as that is known."""
    started_at: datetime
    finished_at: datetime | None
    is_complete: bool
    """Whether it took the place of what the audience held before; of one that failed, nobody knows."""


def list_sent_runs(*, destination: str, since: datetime, until: datetime) -> list[SentRun]:
    """Return the runs whose people the destination may have held between the two moments, the latest first.

    They are those that began before `until` and had not ended before `since`, and of each audience those
    before, down to the last that was completed: what they brought was there when the time began.
    """
    found, known = list[SentRun](), set[tuple[str, str, str]]()
    for run in _summarise(EnforcementRun.objects.filter(destination=destination, started_at__lt=until)):
        audience = run.purpose, run.controller, run.audience
        if run.finished_at is None or run.finished_at >= since:
            found.append(run)
        elif audience not in known:
            found.append(run)
            if run.is_complete:
                known.add(audience)
    return found


def list_runs_by_id(run_ids: Collection[UUID]) -> list[SentRun]:
    """Return those of `run_ids` of which something left, or may have, the latest first."""
    return list(_summarise(EnforcementRun.objects.filter(pk__in=list(run_ids))))


def _summarise(runs: QuerySet[EnforcementRun]) -> Iterator[SentRun]:
    columns = (
        runs.filter(_LEFT)
        .order_by("-started_at", "pk")
        .only(
            "purpose",
            "destination",
            "controller",
            "output",
            "delivery_terms",
            "status",
            "started_at",
            "finished_at",
        )
    )
    for run in columns.iterator():
        yield SentRun(
            run_id=run.pk,
            purpose=run.purpose,
            destination=run.destination,
            controller=run.controller,
            audience=run.delivery_terms.get("audience") or name_of(Path(run.output)),
            started_at=run.started_at,
            finished_at=run.finished_at,
            is_complete=run.status == RunStatus.COMPLETED,
        )
