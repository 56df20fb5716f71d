"""Events as other systems send them, and the graph in words, for tests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from lineage.graph import services
from lineage.graph.models import Alias, ColumnFlow, Dataset, Flow, Job, Run, RunFlow
from lineage.graph.rules.facts import Facts
from lineage.graph.rules.reading import read_facts
from lineage.graph.types import Origin

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PRODUCER = "https://etl.example/producer"
CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
Event = dict[str, Any]
Named = tuple[str, str]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def facet(**members: Any) -> Event:
    return {"_producer": PRODUCER, "_schemaURL": "https://etl.example/facet.json", **members}


def dataset(name: str, *, namespace: str = "warehouse", **facets: Any) -> Event:
    return {"namespace": namespace, "name": name, "facets": facets}


def tags(*pairs: tuple[str, str] | tuple[str, str, str]) -> Event:
    return facet(
        tags=[dict(zip(("key", "value", "field"), pair, strict=False), source="TEST") for pair in pairs]
    )


def symlink(*names: Named) -> Event:
    return facet(identifiers=[{"namespace": space, "name": name, "type": "TABLE"} for space, name in names])


def column_lineage(fields: Mapping[str, Sequence[tuple[str, str, bool]]]) -> Event:
    """Return the facet: output column -> input dataset in `warehouse`, its column, and whether masked."""
    return facet(
        fields={
            output: {
                "inputFields": [
                    {
                        "namespace": "warehouse",
                        "name": name,
                        "field": column,
                        "transformations": [
                            {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": masking}
                        ],
                    }
                    for name, column, masking in origins
                ]
            }
            for output, origins in fields.items()
        }
    )


def run_event(
    job: str,
    *,
    inputs: Sequence[Event | str] = (),
    outputs: Sequence[Event | str] = (),
    state: str = "COMPLETE",
    run_id: UUID | None = None,
    minutes: float = 0,
    namespace: str = "airflow",
    run_facets: Mapping[str, Any] | None = None,
    job_facets: Mapping[str, Any] | None = None,
) -> Event:
    return {
        "eventType": state,
        "eventTime": at(minutes).isoformat(),
        "producer": PRODUCER,
        "schemaURL": f"{CORE}RunEvent",
        "run": {"runId": str(run_id or uuid4()), "facets": dict(run_facets or {})},
        "job": {"namespace": namespace, "name": job, "facets": dict(job_facets or {})},
        "inputs": [dataset(one) if isinstance(one, str) else one for one in inputs],
        "outputs": [dataset(one) if isinstance(one, str) else one for one in outputs],
    }


def received(event: Event) -> Facts:
    return read_facts(event, origin=Origin.RECEIVED)


def send(*events: Event) -> None:
    """Have the events come in and enter the graph."""
    refusals = services.receive_many(events=events, at=at(60))
    assert refusals == [None] * len(events), [getattr(one, "faults", one) for one in refusals]
    services.load(limit=100_000)


def graph_in_words() -> dict[str, Any]:
    """Return all that the graph holds, by names: ids tell in which order things came."""
    datasets = {row.pk: f"{row.namespace}/{row.name}" for row in Dataset.objects.all()}
    jobs = {row.pk: f"{row.namespace}/{row.name}" for row in Job.objects.all()}
    runs = {row.pk: f"{jobs[row.job_id]} {row.run_id}" for row in Run.objects.all()}
    flows = {
        row.pk: f"{jobs[row.job_id]} {row.direction} {datasets[row.dataset_id]}" for row in Flow.objects.all()
    }
    return {
        "datasets": {datasets[row.pk]: _plain(row) for row in Dataset.objects.all()},
        "jobs": {jobs[row.pk]: _plain(row) for row in Job.objects.all()},
        "runs": {runs[row.pk]: _plain(row) for row in Run.objects.all()},
        "flows": {flows[row.pk]: _plain(row) for row in Flow.objects.all()},
        "aliases": {
            frozenset((datasets[row.dataset_id], datasets[row.other_id])): row.is_emitted
            for row in Alias.objects.all()
        },
        "columns": sorted(
            (
                flows[row.flow_id],
                row.output,
                datasets[row.dataset_id],
                row.column,
                row.type,
                row.subtype,
                row.masking,
            )
            for row in ColumnFlow.objects.all()
        ),
        "run flows": {
            (runs[row.run_id], row.direction, datasets[row.dataset_id]): (row.rows, row.size)
            for row in RunFlow.objects.all()
        },
    }


def _plain(row: Any) -> dict[str, Any]:
    left_out = {"id", "job_id", "dataset_id", "_state", "digest"}
    return {name: value for name, value in vars(row).items() if name not in left_out}
