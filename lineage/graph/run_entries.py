"""Reads of runs: one, the newest, those that wrote a dataset, and what ours told of processings."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from lineage.graph.errors import MalformedCursor, NodeUnknown, RunUnknown
from lineage.graph.models import Run, RunFlow
from lineage.graph.nodes import load_nodes, read_key
from lineage.graph.rules.reading import write_time
from lineage.graph.topology_rows import load_roots
from lineage.graph.types import Node, Origin, RunEntry, RunPage

MOST_RUNS = 1000
_LARGEST = (1 << 63) - 1


def get_run(run_id: UUID) -> RunEntry:
    """Return what is known of the run. If several jobs had one of this id, ours counts, then the newest.

    :raises RunUnknown: if there is none, or none any more.
    """
    ours_first = Case(
        When(origin=Origin.EMITTED.value, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    rows = Run.objects.filter(run_id=run_id).order_by(ours_first, "-last_seen_at", "pk")[:1]
    for entry in _entries(rows):
        return entry
    raise RunUnknown("there is no such run")


def list_runs(
    *,
    node_key: str | None = None,
    state: str | None = None,
    purpose: str | None = None,
    destination: str | None = None,
    before: str | None = None,
    limit: int,
) -> RunPage:
    """Return runs, those that were told of last first, that fit all that is asked.

    Of a job: its runs; of a dataset, those that read or wrote it. `purpose` covers those below it. `before`
    is `next` of the page before.

    :raises NodeUnknown: if `node_key` names no node.
    :raises MalformedCursor: if `before` is no `next` of a page.
    """
    rows = Run.objects.order_by("-last_seen_at", "-pk")
    if node_key is not None:
        rows = _of_node(rows, node_key)
    if state is not None:
        rows = rows.filter(state=state)
    if purpose is not None:
        rows = rows.filter(_is_for(purpose))
    if destination is not None:
        rows = rows.filter(destination=destination)
    if before is not None:
        last, pk = _read_cursor(before)
        rows = rows.filter(Q(last_seen_at=last, pk__lt=pk) | Q(last_seen_at__lt=last))
    limit = min(limit, MOST_RUNS)
    found = list(rows[: limit + 1])
    more = _write_cursor(found[limit - 1]) if len(found) > limit else None
    return RunPage(runs=tuple(_entries(found[:limit])), next=more)


def list_writing_runs(dataset_key: str, since: datetime, until: datetime) -> tuple[RunEntry, ...]:
    """Return the runs that wrote the dataset, and were seen between the two times, the oldest first.

    :raises NodeUnknown: if `dataset_key` names no dataset.
    """
    rows = _of_node(Run.objects.all(), dataset_key, sides=("output",))
    within = rows.filter(last_seen_at__gte=since, first_seen_at__lte=until)
    return tuple(_entries(within.order_by("first_seen_at", "pk")))


def _of_node(rows: QuerySet[Run], key: str, *, sides: Sequence[str] = ("input", "output")) -> QuerySet[Run]:
    number = read_key(key)
    roots = load_roots()
    if not load_nodes([number], roots=roots):
        raise NodeUnknown("there is no such node")
    if number < 0:
        return rows.filter(job_id=-number)
    root = roots.get(number, number)
    names = [one for one, above in roots.items() if above == root] or [number]
    flows = RunFlow.objects.filter(dataset__in=names, direction__in=sides)
    return rows.filter(pk__in=flows.values("run"))


def _is_for(purpose: str) -> Q:
    decided = Q(purpose=purpose) | Q(purpose__startswith=f"{purpose}.")
    return decided | Q(job__purpose=purpose) | Q(job__purpose__startswith=f"{purpose}.")


def _write_cursor(run: Run) -> str:
    return f"{write_time(run.last_seen_at)}_{run.pk}"


def _read_cursor(text: str) -> tuple[datetime, int]:
    time, _, pk = text.partition("_")
    try:
        return datetime.fromisoformat(time).astimezone(UTC), min(int(pk), _LARGEST)
    except (ValueError, OverflowError) as error:
        raise MalformedCursor("go on from what the page before named") from error


def _entries(rows: Iterable[Run]) -> list[RunEntry]:
    """Return the runs with their jobs and datasets: three statements, however many they are."""
    runs = list(rows)
    flows = list(
        RunFlow.objects.filter(run__in=[run.pk for run in runs])
        .order_by("dataset_id", "pk")
        .values_list("run_id", "direction", "dataset_id")
    )
    nodes = load_nodes({-run.job_id for run in runs} | {dataset for _, _, dataset in flows})
    sides: dict[tuple[int, str], dict[str, Node]] = {}
    for run, side, dataset in flows:
        node = nodes[dataset]
        sides.setdefault((run, side), {})[node.key] = node
    return [
        _entry(run, nodes[-run.job_id], sides.get((run.pk, "input"), {}), sides.get((run.pk, "output"), {}))
        for run in runs
    ]


def _entry(run: Run, job: Node, inputs: dict[str, Node], outputs: dict[str, Node]) -> RunEntry:
    parent = run.told.get("parent")
    decision = run.told.get("decision")
    return RunEntry(
        run_id=run.run_id,
        job=job,
        state=run.state,
        started_at=run.started_at,
        ended_at=run.ended_at,
        parent=UUID(parent[1]) if parent else None,
        decision=decision[1] if decision else None,
        inputs=tuple(inputs.values()),
        outputs=tuple(outputs.values()),
    )
