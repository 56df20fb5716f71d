"""A run's page: what ran, on what, with what decided, and where the evidence is."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.template.defaultfilters import filesizeformat

from activation.desk.lineage.addresses import address_of, address_of_node, address_of_run
from activation.desk.lineage.decision import describe_decision, find_enforcement
from activation.desk.lineage.naming import describe_kind, describe_marks, shorten
from activation.desk.lineage.runs import summarise
from lineage.errors import LineageError
from lineage.graph import queries
from lineage.graph.types import Measure, Node, RunEntry


def show_run(request: HttpRequest, *, run_id: UUID, **_: object) -> tuple[str, Mapping[str, Any]]:  # noqa: ARG001 - a view's
    """Return the run's page.

    :raises Http404: if no event told of it.
    """
    run = _find_run(run_id)
    if run is None:
        raise Http404
    parent = _find_run(run.parent)
    measures = queries.list_measures(run_id, job_key=run.job.key)
    return "run", {
        "title": f"Run of {shorten(run.job.name)}",
        "run_id": run_id,
        "run": summarise(run),
        "namespace": shorten(run.job.namespace),
        "parent": run.parent,
        "parent_href": address_of_run(run.parent) if run.parent and parent else None,
        "inputs": [_list_dataset(node, measures, is_output=False) for node in run.inputs],
        "outputs": [_list_dataset(node, measures, is_output=True) for node in run.outputs],
        "decision": describe_decision(run.decision) if run.decision else None,
        "enforcement": find_enforcement(run_id),
        "picture": address_of("changelist", focus=run.job.key),
    }


def _find_run(run_id: UUID | None) -> RunEntry | None:
    try:
        return queries.get_run(run_id) if run_id else None
    except LineageError:
        return None


def _list_dataset(node: Node, measures: Iterable[Measure], *, is_output: bool) -> Mapping[str, Any]:
    mine = [one for one in measures if one.key == node.key and one.is_output == is_output]
    return {
        "statistics": ", ".join(filter(None, map(_describe_measure, mine))),
        "href": address_of_node(node.key),
        "kind": describe_kind(node),
        "name": shorten(node.name),
        "namespace": shorten(node.namespace),
        "marks": describe_marks(node),
    }


def _describe_measure(measure: Measure) -> str:
    rows = "" if measure.rows is None else f"{measure.rows:,} rows"
    size = "" if measure.size is None else filesizeformat(measure.size)
    return ", ".join(filter(None, (rows, size)))
