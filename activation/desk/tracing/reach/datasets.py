"""Which runs read or wrote a dataset, as far as lineage told, and where its data goes on to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings

from activation.desk.tracing.types import Channel, RunReached
from activation.enforcement.presence.reached import list_runs_by_id
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from lineage.errors import LineageError
from lineage.graph import queries as graph
from lineage.graph.types import Node, NodeKind, Origin, RunEntry

_AT_ONCE = 500


class DatasetUnknown(AccordantError):
    """Lineage knows no such dataset."""

    code = "dataset_unknown"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReach:
    """What a breach of a dataset is looked up in."""

    runs: Sequence[RunReached]
    categories: Sequence[str]
    goes_on_to: Sequence[str] = ()
    """Destinations by slug, and datasets outside by their names in lineage."""
    streams: int = 0
    """Runs of ours that leave no evidence: of streams."""
    unknown: Mapping[str, int] = field(default_factory=dict)
    """What lineage cannot tell of the dataset, by name, each with how much of it there is."""


def find_dataset(key: str, *, since: datetime, until: datetime) -> DatasetReach:
    """Return which of our runs read or wrote the dataset between the two moments.

    Whoever was in a run that read it was in the dataset, denied or not; whoever was allowed by one that wrote
    it is in it. Where none of ours touched it, the gates downstream of it tell who went on from it. What
    others tell of runs adds nothing, nor takes any away.

    :raises DatasetUnknown: if there is none.
    """
    node = _get_dataset(key)
    entries = list(_list_runs(key, since, until)) or list(_list_downstream(key, since, until))
    reads = {entry.run_id: not _writes(entry, node) for entry in entries}
    known = list_runs_by_id(list(reads))
    found = [
        RunReached(
            run_id=run.run_id,
            channel=Channel(destination=run.destination, purpose=run.purpose, controller=run.controller),
            reads=reads[run.run_id],
        )
        for run in known
    ]
    gates = {entry.run_id for entry in entries if entry.job.is_gate}
    return DatasetReach(
        runs=found,
        categories=node.categories,
        goes_on_to=_list_places(key),
        streams=len(gates - {run.run_id for run in known}),
        unknown={
            "events_unread": graph.count_waiting() + graph.count_parked(),
            "runs_forgotten": int(_is_forgotten(since)),
            "downstream_cut": int(graph.list_downstream(key).is_cut),
        },
    )


def describe_dataset(key: str) -> str:
    """Return what a dataset is called.

    :raises DatasetUnknown: if there is none.
    """
    node = _get_dataset(key)
    return f"{node.namespace}/{node.name}"


def _get_dataset(key: str) -> Node:
    try:
        node = graph.get_node(key)
    except LineageError:
        raise DatasetUnknown("lineage knows no dataset of this key: copy it from the picture") from None
    if node.kind is NodeKind.JOB:
        raise DatasetUnknown("this is the key of a job: name a dataset that it reads or writes")
    return node


def _is_forgotten(moment: datetime) -> bool:
    """Return whether the graph keeps no runs from so long ago any more."""
    kept = settings.LINEAGE_GRAPH_KEPT
    return kept is not None and moment < get_time() - kept


def _writes(entry: RunEntry, node: Node) -> bool:
    return node.key in {one.key for one in entry.outputs}


def _list_downstream(key: str, since: datetime, until: datetime) -> Iterator[RunEntry]:
    seen: set[UUID] = set()
    for node in graph.list_downstream(key).nodes:
        if node.kind is NodeKind.JOB and node.is_gate:
            for entry in _list_runs(node.key, since, until):
                if entry.run_id not in seen:
                    seen.add(entry.run_id)
                    yield entry


def _list_runs(key: str, since: datetime, until: datetime) -> Iterator[RunEntry]:
    """Yield the runs of ours at a node that were under way at some moment between the two."""
    before: str | None = None
    while True:
        page = graph.list_runs(node_key=key, before=before, limit=_AT_ONCE)
        for entry in page.runs:
            began, ended = entry.started_at or entry.ended_at, entry.ended_at
            is_within = began is not None and began < until and (ended is None or ended >= since)
            if is_within and entry.job.origin is Origin.EMITTED:
                yield entry
        if page.next is None:
            return
        before = page.next


def _list_places(key: str) -> list[str]:
    reached = graph.list_reached_destinations(key)
    return [*reached.destinations, *(f"{one.namespace}/{one.name}" for one in reached.nodes)]
