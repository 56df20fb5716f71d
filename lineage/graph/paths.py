"""Reads of the radar: ungated paths, page by page, with their words."""

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from django.db.models.functions import Now

from lineage.graph.declaring import split_path
from lineage.graph.errors import MalformedCursor, NodeUnknown
from lineage.graph.models import Acknowledgement, ColumnFlow
from lineage.graph.nodes import load_nodes, write_key
from lineage.graph.picturing import load_edges
from lineage.graph.rules.radar import Pair, Radar
from lineage.graph.topology_rows import load_wary_topology
from lineage.graph.types import Acknowledged, Edge, Node, PathKind, PathPage, UngatedPath

MOST_PATHS = 200
_KINDS = list(PathKind)


def list_ungated_paths(*, kind: PathKind | None = None, after: str | None = None, limit: int) -> PathPage:
    """Return paths from personal data to the outside that no enforcement stands on, one a pair of ends.

    Acknowledged ones are listed, too. `after` is `next` of the page before.

    :raises MalformedCursor: if `after` is no `next` of a page.
    """
    radar = Radar(load_wary_topology())
    begin = None if after is None else _place(_read_cursor(after))
    wanted = (
        pair
        for pair in radar.pairs()
        if (kind is None or pair[0] is kind) and (begin is None or _place(pair) > begin)
    )
    limit = min(limit, MOST_PATHS)
    found = list(islice(wanted, limit + 1))
    more = _write_cursor(found[limit - 1]) if len(found) > limit else None
    return PathPage(paths=tuple(_describe(found[:limit], radar)), next=more)


def count_ungated_paths() -> int:
    """Return how many paths there are that nobody acknowledged, or not any more."""
    radar = Radar(load_wary_topology())
    known = _acknowledged(radar).keys()
    return sum(1 for pair in radar.pairs() if pair not in known)


def _place(pair: Pair) -> tuple[int, int, int]:
    return _KINDS.index(pair[0]), pair[1], pair[2]


def _write_cursor(pair: Pair) -> str:
    return f"{pair[0]}.{write_key(pair[1])}.{write_key(pair[2])}"


def _read_cursor(text: str) -> Pair:
    try:
        return split_path(text)
    except NodeUnknown as error:
        raise MalformedCursor("go on from what the page before named") from error


def _acknowledged(radar: Radar) -> dict[Pair, Acknowledged]:
    """Return the notes that are in force, by the pairs of ends as they are joined now."""
    root = radar.topology.root
    notes = Acknowledgement.objects.filter(until__gt=Now()).order_by("until", "pk")
    return {
        (PathKind(note.kind), root(note.source_id), root(note.target_id)): Acknowledged(
            by=note.acknowledged_by, at=note.acknowledged_at, reason=note.reason, until=note.until
        )
        for note in notes
    }


def _describe(pairs: Sequence[Pair], radar: Radar) -> Iterable[UngatedPath]:
    routes = [radar.route(source, target) for _, source, target in pairs]
    numbers = {number for route in routes for number in route}
    nodes = load_nodes(numbers, roots=radar.topology.roots)
    edges = {(edge.source, edge.target): edge for edge in load_edges(numbers, radar.topology)}
    masked = _masked_steps(routes, radar)
    notes = _acknowledged(radar)
    for pair, route in zip(pairs, routes, strict=True):
        steps = [edges[write_key(one), write_key(other)] for one, other in pairwise(route) if one * other < 0]
        yield _path(
            pair[0],
            [nodes[number] for number in route],
            steps,
            is_masked=any(step in masked for step in zip(route, route[1:], route[2:], strict=False)),
            acknowledged=notes.get(pair),
        )


def _path(
    kind: PathKind,
    nodes: Sequence[Node],
    steps: Sequence[Edge],
    *,
    is_masked: bool,
    acknowledged: Acknowledged | None,
) -> UngatedPath:
    return UngatedPath(
        kind=kind,
        nodes=tuple(nodes),
        owners=tuple(dict.fromkeys(owner for node in nodes for owner in node.owners)),
        since=max(one.first_seen_at for one in steps or nodes),
        last_seen_at=min(one.last_seen_at for one in steps or nodes),
        is_masked=is_masked,
        acknowledged=acknowledged,
    )


def _masked_steps(routes: Iterable[Sequence[int]], radar: Radar) -> set[tuple[int, int, int]]:
    """Return the steps from dataset by job to dataset of which all values that pass are masked."""
    root = radar.topology.root
    jobs = {-number for route in routes for number in route if number < 0}
    told = ColumnFlow.objects.filter(flow__job__in=jobs, type="DIRECT").values_list(
        "dataset_id", "flow__job_id", "flow__dataset_id", "masking"
    )
    passing: dict[tuple[int, int, int], bool] = {}
    for source, job, target, masking in told:
        step = (root(source), -job, root(target))
        passing[step] = passing.get(step, True) and masking
    return {step for step, is_masked in passing.items() if is_masked}
