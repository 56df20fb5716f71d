"""Parts of the graph as pictures: nodes, and the edges between them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime

from lineage.graph.errors import NodeUnknown
from lineage.graph.models import Dataset, Flow, Job
from lineage.graph.nodes import load_nodes, read_key, write_key
from lineage.graph.rules.matching import has_category, has_purpose
from lineage.graph.rules.topology import Topology, walk
from lineage.graph.topology_rows import load_topology
from lineage.graph.types import Direction, Edge, Picture, PictureQuery

MOST_NODES = 10_000
Step = Callable[[int], list[int]]


def get_picture(query: PictureQuery) -> Picture:
    """Return the part of the graph that `query` asks for.

    A purpose, or a category, keeps the jobs that are for it, or touch a dataset of it, and their datasets.

    :raises NodeUnknown: if its focus names no node.
    """
    topology = load_topology()
    jobs = _matching_jobs(query, topology)
    if query.focus is None:
        numbers = _seen_last(topology, jobs, query.limit + 1)
    else:
        numbers = list(_around(query, topology, jobs))
    return _draw(numbers[: query.limit], topology, is_cut=len(numbers) > query.limit)


def list_downstream(key: str) -> Picture:
    """Return everything that data of the node goes to, by whatever jobs.

    :raises NodeUnknown: if there is no such node.
    """
    return get_picture(_everything(key, Direction.DOWNSTREAM))


def list_upstream(key: str) -> Picture:
    """Return everything that data of the node comes from.

    :raises NodeUnknown: if there is no such node.
    """
    return get_picture(_everything(key, Direction.UPSTREAM))


def _everything(key: str, direction: Direction) -> PictureQuery:
    return PictureQuery(focus=key, direction=direction, depth=MOST_NODES, limit=MOST_NODES)


def _around(query: PictureQuery, topology: Topology, jobs: Collection[int] | None) -> Iterator[int]:
    """Yield what is around the focus, the nearest first."""
    focus = topology.root(read_key(query.focus or ""))
    if not load_nodes([focus], roots=topology.roots):
        raise NodeUnknown("there is no such node")
    reached: dict[int, int] = {focus: 0}
    for direction, step in ((Direction.DOWNSTREAM, topology.after), (Direction.UPSTREAM, topology.before)):
        if query.direction in {direction, Direction.BOTH}:
            kept = step if jobs is None else _only(jobs, step)
            for node, distance in walk([focus], kept, depth=query.depth, limit=query.limit + 1).items():
                reached[node] = min(distance, reached.get(node, distance))
    yield from sorted(reached, key=lambda node: (reached[node], node))


def _only(jobs: Collection[int], step: Step) -> Step:
    return lambda node: [one for one in step(node) if one > 0 or -one in jobs]


def _matching_jobs(query: PictureQuery, topology: Topology) -> set[int] | None:
    """Return the jobs to keep; None: all."""
    if query.purpose is not None and query.category is not None:
        return _of_purpose(query.purpose) & _touching(query.category, topology)
    if query.purpose is not None:
        return _of_purpose(query.purpose)
    return None if query.category is None else _touching(query.category, topology)


def _of_purpose(wanted: str) -> set[int]:
    told = Job.objects.exclude(purpose="").values_list("pk", "purpose")
    return {job for job, purposes in told if has_purpose(purposes, wanted)}


def _touching(wanted: str, topology: Topology) -> set[int]:
    held = Dataset.objects.exclude(categories=[], told_categories=[])
    datasets = {
        topology.root(dataset)
        for dataset, declared, told in held.values_list("pk", "categories", "told_categories")
        if has_category((*declared, *told), wanted)
    }
    return {-job for one in datasets for job in (*topology.after(one), *topology.before(one))}


def _seen_last(topology: Topology, jobs: Collection[int] | None, limit: int) -> list[int]:
    """Return the jobs that were seen last, each with its datasets, and then datasets that no job touches."""
    chosen: dict[int, None] = {}
    newest = Job.objects.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)
    for job in newest.iterator(chunk_size=limit):
        if len(chosen) >= limit:
            break
        if jobs is None or job in jobs:
            chosen.update(dict.fromkeys((-job, *topology.before(-job), *topology.after(-job))))
    if jobs is None and len(chosen) < limit:
        lone = Dataset.objects.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)[:limit]
        chosen.update(dict.fromkeys(topology.root(one) for one in lone))
    return list(chosen)[:limit]


def _draw(numbers: Collection[int], topology: Topology, *, is_cut: bool) -> Picture:
    nodes = load_nodes(numbers, roots=topology.roots)
    return Picture(
        nodes=tuple(nodes[number] for number in numbers if number in nodes),
        edges=tuple(load_edges(nodes.keys(), topology)),
        is_cut=is_cut,
    )


def load_edges(numbers: Iterable[int], topology: Topology) -> list[Edge]:
    """Return the edges between these nodes, those of several names of a dataset as one."""
    shown = set(numbers)
    names = {dataset for dataset, root in topology.roots.items() if root in shown} | shown
    rows = Flow.objects.filter(
        job__in=[-number for number in shown if number < 0], dataset__in=[one for one in names if one > 0]
    )
    times: dict[tuple[int, int], tuple[datetime, datetime]] = {}
    for job, dataset, side, first, last in rows.values_list(
        "job_id", "dataset_id", "direction", "first_seen_at", "last_seen_at"
    ):
        root = topology.root(dataset)
        ends = (root, -job) if side == "input" else (-job, root)
        before = times.get(ends, (first, last))
        times[ends] = (min(first, before[0]), max(last, before[1]))
    return [
        Edge(source=write_key(source), target=write_key(target), first_seen_at=first, last_seen_at=last)
        for (source, target), (first, last) in sorted(times.items())
    ]
