"""Rows of datasets and jobs as nodes: the names of one dataset together."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from lineage.events.naming import DESTINATIONS_NAMESPACE
from lineage.graph.errors import NodeUnknown
from lineage.graph.models import Dataset, Job
from lineage.graph.topology_rows import load_outside, load_roots
from lineage.graph.types import Node, NodeKind, Origin


def read_key(key: str) -> int:
    """Return the number of the node that `key` names: a job's is below zero.

    :raises NodeUnknown: if it is none.
    """
    digits = key[1:]
    if key[:1] in {"d", "j"} and digits.isascii() and digits.isdigit() and len(digits) <= 18:
        return int(digits) if key[0] == "d" else -int(digits)
    raise NodeUnknown("there is no such node")


def write_key(node: int) -> str:
    """Return the key of the node of this number."""
    return f"d{node}" if node > 0 else f"j{-node}"


def load_nodes(numbers: Iterable[int], *, roots: Mapping[int, int] | None = None) -> dict[int, Node]:
    """Return the nodes by their numbers; those that do not exist are left out."""
    wanted = set(numbers)
    datasets = {number for number in wanted if number > 0}
    jobs = Job.objects.filter(pk__in=[-number for number in wanted if number < 0])
    found = {-job.pk: _job_node(job) for job in jobs.defer("told")}
    if datasets:
        found.update(_load_datasets(datasets, load_roots() if roots is None else roots))
    return found


def _load_datasets(wanted: Collection[int], roots: Mapping[int, int]) -> dict[int, Node]:
    asked = {roots.get(dataset, dataset) for dataset in wanted}
    members = {dataset for dataset, root in roots.items() if root in asked} | asked
    outside = load_outside()
    groups: dict[int, list[Dataset]] = {}
    for row in Dataset.objects.filter(pk__in=members).defer("told").order_by("pk"):
        groups.setdefault(roots.get(row.pk, row.pk), []).append(row)
    nodes = {root: _dataset_node(root, rows, outside) for root, rows in groups.items()}
    return {one: nodes[root] for one in wanted if (root := roots.get(one, one)) in nodes}


def _dataset_node(root: int, rows: list[Dataset], outside: Collection[int]) -> Node:
    """Return one node for all names of a dataset. A destination's is shown first, else the least one."""
    named = min(rows, key=lambda row: (row.namespace != DESTINATIONS_NAMESPACE, row.namespace, row.name))
    is_emitted = any(row.is_emitted for row in rows)
    return Node(
        key=write_key(root),
        kind=NodeKind.DESTINATION if any(row.pk in outside for row in rows) else NodeKind.DATASET,
        namespace=named.namespace,
        name=named.name,
        origin=Origin.EMITTED if is_emitted else Origin.RECEIVED,
        categories=_joined(one for row in rows for one in (*row.categories, *row.told_categories)),
        is_personal=any(row.is_personal or row.is_told_personal for row in rows),
        owners=_joined(one for row in rows for one in (row.owner, *row.owners) if one),
        first_seen_at=min(row.first_seen_at for row in rows),
        last_seen_at=max(row.last_seen_at for row in rows),
    )


def _joined(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _job_node(job: Job) -> Node:
    last_run: UUID | None = job.last_run
    return Node(
        key=write_key(-job.pk),
        kind=NodeKind.JOB,
        namespace=job.namespace,
        name=job.name,
        origin=Origin(job.origin),
        purpose=job.purpose,
        legal_basis=job.legal_basis,
        is_gate=bool(job.gate),
        owners=_joined(job.owners),
        last_run=last_run,
        first_seen_at=job.first_seen_at,
        last_seen_at=job.last_seen_at,
    )
