"""From events to the graph: a batch in one transaction, whichever others are at work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from lineage.graph.models import Alias, ColumnFlow
from lineage.graph.rules.facts import ColumnFact, Facts, digest_name
from lineage.graph.rules.merging import (
    ENDINGS,
    FlowKey,
    Gathered,
    Row,
    Told,
    gather,
    merge_told,
    said,
    tags_of,
)
from lineage.graph.rules.personal import categories_of, is_personal
from lineage.graph.storing import Key, Table, There, Values, store
from lineage.graph.types import Origin

_SEEN = {"first_seen_at": "timestamptz", "last_seen_at": "timestamptz", "told": "jsonb"}
_NAMED = {"namespace": "text", "name": "text", "owners": "jsonb"}
DATASETS = Table(
    name="lineage_graph_dataset",
    keys={"digest": "bytea"},
    values={
        **_SEEN,
        **_NAMED,
        "is_emitted": "boolean",
        "is_told_personal": "boolean",
        "told_categories": "jsonb",
    },
)
JOBS = Table(
    name="lineage_graph_job",
    keys={"digest": "bytea"},
    values={
        **_SEEN,
        **_NAMED,
        "origin": "text",
        "purpose": "text",
        "legal_basis": "text",
        "gate": "text",
        "last_run": "uuid",
    },
)
RUNS = Table(
    name="lineage_graph_run",
    keys={"job_id": "bigint", "run_id": "uuid"},
    values={
        **_SEEN,
        "origin": "text",
        "started_at": "timestamptz",
        "ended_at": "timestamptz",
        "state": "text",
        "purpose": "text",
        "destination": "text",
        "controller": "text",
    },
)
FLOWS = Table(
    name="lineage_graph_flow",
    keys={"job_id": "bigint", "dataset_id": "bigint", "direction": "text"},
    values=_SEEN,
)
RUN_FLOWS = Table(
    name="lineage_graph_runflow",
    keys={"run_id": "bigint", "dataset_id": "bigint", "direction": "text"},
    values={"told": "jsonb", "rows": "bigint", "size": "bigint"},
)
_LONGEST_DESTINATION = 200


@transaction.atomic
def project(batch: Sequence[Facts]) -> None:
    """Have the graph hold what `batch` tells. What it held already stays as it is."""
    gathered = gather(batch)
    datasets = store(DATASETS, gathered.datasets, write=_write_dataset, merge=_merge)
    jobs = store(JOBS, gathered.jobs, write=_write_job, merge=_merge)
    _store_aliases(gathered, datasets)
    keys = {flow: (jobs[flow[0],], datasets[flow[1],], flow[2]) for flow in gathered.flows}
    flows = {keys[flow]: row for flow, row in gathered.flows.items()}
    stored = store(FLOWS, flows, write=_write_seen, merge=_merge)
    _store_columns(gathered, {flow: stored[key] for flow, key in keys.items()}, datasets)
    runs = {(jobs[job,], run_id): row for (job, run_id), row in gathered.runs.items()}
    run_ids = store(RUNS, runs, write=_write_run, merge=_merge)
    run_flows = {
        (run_ids[jobs[job,], run_id], datasets[dataset,], side): told
        for (job, run_id, dataset, side), told in gathered.run_flows.items()
    }
    store(RUN_FLOWS, run_flows, write=_write_run_flow, merge=_merge_run_flow)


def _merge(row: Row, there: There) -> bool:
    """Have `row` take what is there, and return whether it knew more than that."""
    known = Row(
        first=there["first_seen_at"],
        last=there["last_seen_at"],
        told=msgspec.json.decode(there["told"]),
        origin=Origin.EMITTED if _is_emitted(there) else Origin.RECEIVED,
        started=there.get("started_at"),
    )
    row.columns_there = known.told.get("columns", [None, None])[1]
    before = _state(known)
    row.take(known)
    return before != _state(row)


def _is_emitted(there: There) -> bool:
    return bool(there.get("is_emitted")) or there.get("origin") == Origin.EMITTED


def _state(row: Row) -> tuple[Any, ...]:
    stamps = {name: register[0] for name, register in row.told.items()}
    return row.first, row.last, row.origin, row.started, stamps


def _merge_run_flow(told: Told, there: There) -> bool:
    known: Told = msgspec.json.decode(there["told"])
    before = [register[0] for register in known.values()]
    merge_told(told, known)
    return before != [register[0] for register in told.values()]


def _write_seen(row: Row) -> Values:
    return row.first, row.last, _json(row.told)


def _write_named(row: Row) -> Values:
    return *_write_seen(row), row.namespace, row.name, _json(said(row.told, "owners", []))


def _write_dataset(row: Row) -> Values:
    tags = tags_of(row.told)
    is_emitted = row.origin is Origin.EMITTED
    return *_write_named(row), is_emitted, is_personal(tags), _json(categories_of(tags))


def _write_job(row: Row) -> Values:
    purpose, legal_basis = said(row.told, "processing", ["", ""])
    gate = said(row.told, "gate", "")[:_LONGEST_DESTINATION]
    last_run = said(row.told, "last_run", None)
    return *_write_named(row), row.origin.value, purpose, legal_basis, gate, last_run


def _write_run(row: Row) -> Values:
    state, at = said(row.told, "state", ["OTHER", None])
    ended = datetime.fromisoformat(at) if state in ENDINGS else None
    decision = said(row.told, "decision", {})
    decided = (str(decision.get(name, "")) for name in ("purpose", "destination", "controller"))
    return *_write_seen(row), row.origin.value, row.started, ended, state, *decided


def _write_run_flow(told: Told) -> Values:
    rows, size = said(told, "measured", [None, None])
    return _json(told), rows, size


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _store_aliases(gathered: Gathered, datasets: Mapping[Key, int]) -> None:
    """Note which names are of the same data. What we said of two names stands, whoever says it, too."""
    told = {
        tuple(sorted((datasets[one,], datasets[other,]))): is_ours
        for (one, other), is_ours in gathered.aliases.items()
    }
    rows = [Alias(dataset_id=pair[0], other_id=pair[1], is_emitted=told[pair]) for pair in sorted(told)]
    Alias.objects.bulk_create([row for row in rows if not row.is_emitted], ignore_conflicts=True)
    Alias.objects.bulk_create(
        [row for row in rows if row.is_emitted],
        update_conflicts=True,
        unique_fields=["dataset", "other"],
        update_fields=["is_emitted"],
    )


def _store_columns(gathered: Gathered, ids: Mapping[FlowKey, int], datasets: Mapping[Key, int]) -> None:
    """Have each flow hold the columns of the event that told of them last."""
    rows: list[ColumnFlow] = []
    changed: list[int] = []
    for (flow, stamp), columns in gathered.columns.items():
        row = gathered.flows[flow]
        current = row.told["columns"]
        if current[0] == stamp and current[1] != row.columns_there:
            changed.append(ids[flow])
            rows.extend(_column_row(ids[flow], one, datasets) for one in columns)
    ColumnFlow.objects.filter(flow__in=changed).delete()
    ColumnFlow.objects.bulk_create(rows)


def _column_row(flow: int, one: ColumnFact, datasets: Mapping[Key, int]) -> ColumnFlow:
    return ColumnFlow(
        flow_id=flow,
        output=one.output,
        dataset_id=datasets[digest_name(one.namespace, one.name),],
        column=one.column,
        type=one.type,
        subtype=one.subtype,
        masking=one.masking,
    )
