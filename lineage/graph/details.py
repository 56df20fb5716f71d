"""Reads for pages: what events told and officers declared of one dataset, one run, or the boundaries."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q

from lineage.graph.errors import NodeUnknown
from lineage.graph.models import Boundary, Dataset, RunFlow
from lineage.graph.nodes import load_nodes, read_key, write_key
from lineage.graph.rules.merging import said, tags_of
from lineage.graph.topology_rows import load_roots
from lineage.graph.types import (
    BoundaryEntry,
    ColumnEntry,
    DatasetDetails,
    Declared,
    Measure,
    Node,
)


def find_datasets(text: str, limit: int) -> tuple[Node, ...]:
    """Return up to `limit` datasets whose name, or namespace, has `text` in it, those seen last first."""
    named = Dataset.objects.filter(Q(name__icontains=text) | Q(namespace__icontains=text))
    newest = named.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)[:limit]
    nodes = {node.key: node for node in load_nodes(newest).values()}
    return tuple(sorted(nodes.values(), key=lambda node: node.last_seen_at, reverse=True))


def get_details(key: str) -> DatasetDetails:
    """Return the columns of the dataset, under all of its names, and what was declared of it by this one.

    :raises NodeUnknown: if `key` names no dataset.
    """
    number = read_key(key)
    roots = load_roots()
    root = roots.get(number, number)
    members = {dataset for dataset, above in roots.items() if above == root} | {root, number}
    rows = {row.pk: row for row in Dataset.objects.filter(pk__in=members).order_by("pk")}
    if number not in rows:
        raise NodeUnknown("there is no such dataset")
    columns: dict[str, ColumnEntry] = {}
    for row in rows.values():
        columns.update((one.name, one) for one in _columns(row.told) if one.name not in columns)
    told = (said(row.told, "documentation", "") for row in rows.values())
    return DatasetDetails(
        columns=tuple(columns.values()),
        documentation=next(filter(None, told), ""),
        declared=_declared(rows[number]),
    )


def list_boundaries() -> tuple[BoundaryEntry, ...]:
    """Return all boundaries, by namespace and name."""
    return tuple(
        BoundaryEntry(
            namespace=row.namespace,
            name=row.name,
            is_outside=row.is_outside,
            owner=row.owner,
            note=row.note,
            by=row.set_by,
            at=row.set_at,
        )
        for row in Boundary.objects.order_by("namespace", "name", "pk")
    )


def list_measures(run_id: UUID, *, job_key: str) -> tuple[Measure, ...]:
    """Return how much that job's run read and wrote of each dataset, as far as events told.

    :raises NodeUnknown: if `job_key` is no key.
    """
    roots = load_roots()
    flows = RunFlow.objects.filter(run__run_id=run_id, run__job_id=-read_key(job_key)).order_by("pk")
    return tuple(
        Measure(
            key=write_key(roots.get(flow.dataset_id, flow.dataset_id)),
            is_output=flow.direction == "output",
            rows=flow.rows,
            size=flow.size,
        )
        for flow in flows
    )


def _columns(told: Mapping[str, Any]) -> list[ColumnEntry]:
    tags: dict[str, list[str]] = {}
    for key, value, column in tags_of(told):
        tags.setdefault(column, []).append(key if value.lower() in {"", "true"} else f"{key}: {value}")
    return [
        ColumnEntry(name=name, type=kind, tags=tuple(tags.get(name, ())))
        for name, kind in said(told, "columns", [])
    ]


def _declared(row: Dataset) -> Declared:
    return Declared(
        categories=tuple(row.categories),
        is_personal=row.is_personal,
        is_outside=row.is_outside,
        owner=row.owner,
        by=row.declared_by,
        at=row.declared_at,
    )
