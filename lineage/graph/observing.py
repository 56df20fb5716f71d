"""What runs of ours told of processings, for the record of processing activities."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min

from lineage.graph.models import ColumnFlow, Dataset, Flow, Run
from lineage.graph.rules.merging import said
from lineage.graph.types import Observed

_Row = tuple[str, str, str, int, int, datetime, datetime]


@dataclass(slots=True)
class _Seen:
    """One purpose, destination and controller: the jobs that ran, and when."""

    jobs: set[int] = field(default_factory=set)
    runs: int = 0
    times: list[datetime] = field(default_factory=list)


def list_observed() -> tuple[Observed, ...]:
    """Return the processings that runs of ours told of, by purpose, destination and controller.

    Runs are counted as long as they are kept; columns are those of the last run that told of them.
    """
    found: dict[tuple[str, str, str], _Seen] = {}
    for purpose, destination, controller, job, runs, first, last in _grouped():
        seen = found.setdefault((purpose, destination, controller), _Seen())
        seen.jobs.add(job)
        seen.runs += runs
        seen.times += [first, last]
    return tuple(_observe(key, seen) for key, seen in sorted(found.items()))


def _grouped() -> Iterable[_Row]:
    decided = Run.objects.exclude(destination="").values_list(
        "purpose", "destination", "controller", "job_id"
    )
    counted = decided.annotate(runs=Count("pk"), first=Min("first_seen_at"), last=Max("last_seen_at"))
    return counted.order_by("purpose", "destination", "controller", "job_id")


def _observe(key: tuple[str, str, str], seen: _Seen) -> Observed:
    purpose, destination, controller = key
    return Observed(
        purpose=purpose,
        legal_bases=tuple(sorted(_legal_bases(key, seen.jobs))),
        destination=destination,
        controller=controller,
        columns=tuple(_columns(seen.jobs)),
        sources=tuple(_sources(seen.jobs)),
        runs=seen.runs,
        first_seen_at=min(seen.times),
        last_seen_at=max(seen.times),
    )


def _legal_bases(key: tuple[str, str, str], jobs: Iterable[int]) -> set[str]:
    """Return what the last run of each job that told of legal bases rested on, for this controller."""
    purpose, destination, controller = key
    runs = Run.objects.filter(purpose=purpose, destination=destination, controller=controller, job__in=jobs)
    told = runs.filter(told__decision__1__has_key="legalBases").order_by("job_id", "-last_seen_at", "-pk")
    found = told.distinct("job_id").values_list("told__decision__1__legalBases", flat=True)
    return {basis for bases in found for basis in bases}


def _sources(jobs: Iterable[int]) -> list[str]:
    read = Flow.objects.filter(job__in=jobs, direction="input").values("dataset")
    names = Dataset.objects.filter(pk__in=read).order_by("namespace", "name", "pk")
    return [f"{namespace}/{name}" for namespace, name in names.values_list("namespace", "name")]


def _columns(jobs: Iterable[int]) -> list[str]:
    """Return the columns of what the jobs wrote; those of which only masked values pass say so.

    What others tell of the columns of the same datasets does not count.
    """
    flows = Flow.objects.filter(job__in=jobs, direction="output")
    direct = ColumnFlow.objects.filter(flow__in=flows.values("pk"), type="DIRECT").exclude(output="")
    bare = set(direct.filter(masking=False).values_list("output", flat=True))
    masked = set(direct.filter(masking=True).values_list("output", flat=True)) - bare
    names = {name for told in flows.values_list("told", flat=True) for name in said(told, "wrote", [])}
    return sorted(f"{name} (masked)" if name in masked else name for name in names or bare | masked)
