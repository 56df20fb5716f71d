"""A node's page: what is known of a dataset, a job or a destination. The picture shows the same beside it."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest

from activation.desk.lineage.addresses import address_of
from activation.desk.lineage.naming import describe_kind, describe_marks, shorten, show
from activation.desk.lineage.runs import find_node, summarise
from lineage.graph import queries
from lineage.graph.types import ColumnEntry, DatasetDetails, Direction, Node, NodeKind, Origin

LAST_RUNS = 5
MOST_COLUMNS = 100
_LONGEST_SHOWN = 4_000
_ORIGINS = {Origin.EMITTED: "this service", Origin.RECEIVED: "events that others sent"}


def show_node(request: HttpRequest, *, key: str, **_: object) -> tuple[str, Mapping[str, Any]]:  # noqa: ARG001 - a view's
    """Return the page of the node.

    :raises Http404: if there is none.
    """
    node = find_node(key)
    if node is None:
        raise Http404
    details = None if node.kind is NodeKind.JOB else queries.get_details(key)
    columns = details.columns if details else ()
    return "node", {
        "columns": [_describe_column(column) for column in columns[:MOST_COLUMNS]],
        "columns_left_out": max(0, len(columns) - MOST_COLUMNS),
        "title": f"{describe_kind(node).capitalize()} {shorten(node.name)}",
        "kind": describe_kind(node),
        "name": shorten(node.name, 200),
        "whole": show(node.name[:_LONGEST_SHOWN]),
        "marks": describe_marks(node),
        "facts": [*_list_facts(node), *(_list_declared(details) if details else [])],
        "ways": _list_ways(node),
        "runs": [summarise(run) for run in queries.list_runs(node_key=key, limit=LAST_RUNS).runs],
        "all_runs": address_of("runs", node=key),
        "declaring": None if node.kind is NodeKind.JOB else address_of("dataset", key),
    }


def _list_facts(node: Node) -> list[tuple[str, str]]:
    facts = {
        "Namespace": shorten(node.namespace, 200),
        "Purpose": shorten(node.purpose, 200),
        "Legal basis": shorten(node.legal_basis, 200),
        "Data categories": ", ".join(map(shorten, node.categories)),
        "Owners": ", ".join(map(shorten, node.owners)),
        "Told by": _ORIGINS[node.origin],
        "First seen": f"{node.first_seen_at:%Y-%m-%d %H:%M} UTC",
        "Last seen": f"{node.last_seen_at:%Y-%m-%d %H:%M} UTC",
    }
    if node.kind is not NodeKind.JOB:
        facts["Personal data"] = "yes" if node.is_personal else "not known of"
        facts["Owners"] = facts["Owners"] or "nobody: declare one"
    return [(name, value) for name, value in facts.items() if value]


def _list_declared(details: DatasetDetails) -> list[tuple[str, str]]:
    declared = details.declared
    facts = [("Documentation", shorten(details.documentation, 500))]
    if declared.by and declared.at:
        facts.append(("Declared", f"by {declared.by}, {declared.at:%Y-%m-%d %H:%M} UTC"))
    return [(name, value) for name, value in facts if value]


def _describe_column(column: ColumnEntry) -> Mapping[str, str]:
    note = ", ".join(map(shorten, filter(None, (column.type, *column.tags))))
    return {"name": shorten(column.name), "note": note}


def _list_ways(node: Node) -> list[tuple[str, str]]:
    words = (
        (Direction.UPSTREAM, "Where it comes from"),
        (Direction.DOWNSTREAM, "Where it goes"),
        (Direction.BOTH, "Both"),
    )
    return [
        (address_of("changelist", focus=node.key, direction=direction.value), title)
        for direction, title in words
    ]
