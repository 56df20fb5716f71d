"""Reads that follow data: its columns through jobs, and the destinations that it reaches."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from lineage.graph.errors import NodeUnknown
from lineage.graph.models import ColumnFlow
from lineage.graph.nodes import load_nodes, read_key
from lineage.graph.rules.topology import walk
from lineage.graph.topology_rows import load_roots, load_topology
from lineage.graph.types import ColumnStep, Reached

MOST_STEPS = 5000
Column = tuple[int, str]
"""A dataset, by the id that stands for it, and a column's name."""


class _Step(NamedTuple):
    source: Column
    target: Column
    job: int
    type: str
    subtype: str
    is_masked: bool


def list_reached_destinations(dataset_key: str) -> Reached:
    """Return the destinations and datasets outside that data of the dataset goes to, by whatever jobs.

    A destination that an enforcement of ours decides for counts, though its output may be a file.

    :raises NodeUnknown: if `dataset_key` names no dataset.
    """
    topology = load_topology()
    start = topology.root(read_key(dataset_key))
    if not load_nodes([start], roots=topology.roots):
        raise NodeUnknown("there is no such node")
    reached = walk([start], topology.after)
    outside = sorted(node for node in reached if node in topology.outside)
    nodes = load_nodes(outside, roots=topology.roots)
    slugs = {slug for node in outside for slug in topology.slugs.get(node, ())}
    slugs |= {topology.gates[-node] for node in reached if -node in topology.gates}
    return Reached(
        destinations=tuple(sorted(slugs)), nodes=tuple(nodes[node] for node in outside if node in nodes)
    )


def list_columns_downstream(dataset_key: str, column: str) -> tuple[ColumnStep, ...]:
    """Return where the values of a column go and what they steer, step by step, the nearest first.

    What only steers which rows there are, or another column, is listed and not followed further. At most
    `MOST_STEPS` are returned.

    :raises NodeUnknown: if `dataset_key` names no dataset.
    """
    roots = load_roots()
    start = read_key(dataset_key)
    if start < 0 or not load_nodes([start], roots=roots):
        raise NodeUnknown("there is no such dataset")
    steps: list[_Step] = []
    waiting: set[Column] = {(roots.get(start, start), column)}
    known = set(waiting)
    while waiting and len(steps) < MOST_STEPS:
        found = _steps_from(waiting, roots)
        steps += found
        waiting = {step.target for step in found if step.type == "DIRECT"} - known
        known |= waiting
    return _describe(steps[:MOST_STEPS], roots)


def _steps_from(columns: Collection[Column], roots: Mapping[int, int]) -> list[_Step]:
    asked = {dataset for dataset, _ in columns}
    names = {one for one, root in roots.items() if root in asked} | asked
    rows = ColumnFlow.objects.filter(dataset__in=names, column__in={name for _, name in columns})
    found = {_step(row, roots) for row in rows.select_related("flow")}
    return sorted(step for step in found if step.source in columns)


def _step(row: ColumnFlow, roots: Mapping[int, int]) -> _Step:
    target = row.flow.dataset_id
    return _Step(
        source=(roots.get(row.dataset_id, row.dataset_id), row.column),
        target=(roots.get(target, target), row.output),
        job=row.flow.job_id,
        type=row.type,
        subtype=row.subtype,
        is_masked=row.masking,
    )


def _describe(steps: Collection[_Step], roots: Mapping[int, int]) -> tuple[ColumnStep, ...]:
    numbers = {number for step in steps for number in (step.source[0], step.target[0], -step.job)}
    nodes = load_nodes(numbers, roots=roots)
    return tuple(
        ColumnStep(
            job=nodes[-step.job],
            source=nodes[step.source[0]],
            column=step.source[1],
            target=nodes[step.target[0]],
            output=step.target[1],
            type=step.type,
            subtype=step.subtype,
            is_masked=step.is_masked,
        )
        for step in steps
    )
