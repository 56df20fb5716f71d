"""The whole topology of the graph, read at once: ids and flags, no names and no times."""

from collections.abc import Iterable, Mapping

from django.db import connection
from django.db.models import Q

from lineage.events.naming import DESTINATIONS_NAMESPACE
from lineage.graph.models import Alias, Boundary, Dataset, Flow, Job
from lineage.graph.rules.boundaries import Border, is_outside
from lineage.graph.rules.topology import Topology, join_names, link, pair_up
from lineage.graph.types import Origin

_NEAR_A_BORDER = """
    SELECT id, namespace, name, is_outside FROM lineage_graph_dataset AS dataset
    WHERE is_outside OR namespace = %s
       OR EXISTS (SELECT FROM lineage_graph_boundary AS border WHERE border.is_outside
                  AND starts_with(dataset.namespace, border.namespace))
"""


def load_topology() -> Topology:
    """Return all that flows, with what matters of the nodes. Names of the same data are one."""
    return _load(load_roots(), {})


def load_wary_topology() -> Topology:
    """Return the same, but where others alone say that two names are of the same data, they stay two.

    Whoever may send events could else have a path end where none of it does: by another name for a dataset
    that an enforcement of ours wrote, for a destination, or for both of the path's ends.
    """
    aliases = Alias.objects.order_by("dataset_id", "other_id").values_list("dataset_id", "other_id")
    roots = join_names(aliases.filter(is_emitted=True))
    return _load(roots, pair_up(aliases.filter(is_emitted=False), roots))


def _load(roots: dict[int, int], aliases: dict[int, list[int]]) -> Topology:
    downstream, upstream = link(_flows(), roots)
    ours = list(Job.objects.filter(origin=Origin.EMITTED.value).values_list("pk", "gate"))
    outside = load_outside()
    slugs: dict[int, set[str]] = {}
    for dataset, slug in outside.items():
        if slug:
            slugs.setdefault(roots.get(dataset, dataset), set()).add(slug)
    return Topology(
        downstream=downstream,
        upstream=upstream,
        roots=roots,
        aliases=aliases,
        emitted=frozenset(job for job, _ in ours),
        gates={job: gate for job, gate in ours if gate},
        denied=_rooted(_denied(), roots),
        personal=_rooted(_personal(), roots),
        outside=_rooted(outside, roots),
        slugs={dataset: frozenset(found) for dataset, found in slugs.items()},
    )


def load_roots() -> dict[int, int]:
    """Return, for datasets that have aliases, the id that stands for them."""
    return join_names(Alias.objects.values_list("dataset_id", "other_id"))


def load_outside() -> dict[int, str]:
    """Return the datasets that lie outside, by id; of those that are a destination, its slug."""
    borders = [
        Border(namespace=one.namespace, name=one.name, is_outside=one.is_outside)
        for one in Boundary.objects.order_by("pk")
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NEAR_A_BORDER, [DESTINATIONS_NAMESPACE])
        near = cursor.fetchall()
    return {
        dataset: name if namespace == DESTINATIONS_NAMESPACE else ""
        for dataset, namespace, name, declared in near
        if declared or is_outside(namespace, name, borders)
    }


def _flows() -> Iterable[tuple[int, int, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT job_id, dataset_id, direction = 'input' FROM lineage_graph_flow "
            "ORDER BY job_id, dataset_id"
        )
        return list(cursor.fetchall())


def _denied() -> Iterable[int]:
    of_gates = Flow.objects.filter(job__origin=Origin.EMITTED.value).exclude(job__gate="")
    return of_gates.filter(told__has_key="denied").values_list("dataset_id", flat=True)


def _personal() -> Iterable[int]:
    said = Q(is_told_personal=True) | Q(is_personal=True)
    return Dataset.objects.filter(said).values_list("pk", flat=True)


def _rooted(datasets: Iterable[int], roots: Mapping[int, int]) -> frozenset[int]:
    return frozenset(roots.get(dataset, dataset) for dataset in datasets)
