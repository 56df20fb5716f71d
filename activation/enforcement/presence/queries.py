"""Reads of runs, each with what became of one person in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from activation.enforcement.models import EnforcementRun
from activation.enforcement.presence.looking import look_up
from activation.enforcement.presence.types import Cursor, RunFilter, Sought, TracedRun

_AT_ONCE = 500


class RunsPage(NamedTuple):
    """Some runs, the latest first, and behind which one the next page begins; None: there is none."""

    runs: Sequence[TracedRun]
    next: Cursor | None


def trace_page(
    sought: Sought, wanted: RunFilter, *, after: Cursor | None = None, limit: int = 25
) -> RunsPage:
    """Return a page of runs, looked up one by one. One statement; only the page's evidence is opened."""
    rows = list(_list_runs(wanted, after, limit + 1))
    page = rows[:limit]
    last = Cursor(page[-1].started_at, page[-1].pk) if len(rows) > limit else None
    return RunsPage([_trace(run, sought) for run in page], last)


def trace_all(sought: Sought, wanted: RunFilter) -> Iterator[TracedRun]:
    """Yield every run, the latest first, looked up. Runs that begin meanwhile are not among them."""
    after: Cursor | None = None
    while rows := list(_list_runs(wanted, after, _AT_ONCE)):
        yield from (_trace(run, sought) for run in rows)
        after = Cursor(rows[-1].started_at, rows[-1].pk)


def trace_run(run_id: UUID, sought: Sought, *, verify: bool) -> TracedRun | None:
    """Return one run, looked up; None if there is none. `verify`: its whole evidence is read."""
    run = EnforcementRun.objects.filter(pk=run_id).first()
    return None if run is None else _trace(run, sought, verify=verify)


def count_runs(wanted: RunFilter) -> int:
    """Return how many runs there are to look up."""
    return _filter(wanted).count()


def list_run_terms() -> tuple[list[str], list[str]]:
    """Return the purposes and the destinations that runs were for: what to choose from."""
    found = [
        list(EnforcementRun.objects.order_by(field).values_list(field, flat=True).distinct())
        for field in ("purpose", "destination")
    ]
    return found[0], found[1]


def _list_runs(wanted: RunFilter, after: Cursor | None, limit: int) -> QuerySet[EnforcementRun]:
    rows = _filter(wanted)
    if after is not None:
        rows = rows.filter(_behind(after.started_at, after.run_id))
    return rows.order_by("-started_at", "pk")[:limit]


def _behind(started_at: datetime, run_id: UUID) -> Q:
    return Q(started_at__lte=started_at) & (Q(started_at__lt=started_at) | Q(pk__gt=run_id))


def _filter(wanted: RunFilter) -> QuerySet[EnforcementRun]:
    rows = EnforcementRun.objects.all()
    if wanted.purpose is not None:
        rows = rows.filter(purpose=wanted.purpose)
    if wanted.destination is not None:
        rows = rows.filter(destination=wanted.destination)
    if wanted.since is not None:
        rows = rows.filter(started_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(started_at__lt=wanted.until)
    return rows


def _trace(run: EnforcementRun, sought: Sought, *, verify: bool = False) -> TracedRun:
    return TracedRun(
        run_id=run.pk,
        purpose=run.purpose,
        destination=run.destination,
        controller=run.controller,
        started_at=run.started_at,
        finished_at=run.finished_at,
        looked_up=look_up(run, sought, verify=verify),
    )
