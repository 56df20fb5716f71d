"""Reading an OpenLineage event: what the graph keeps of it, and whether it may come from outside. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lineage.events.naming import JOB_NAMESPACE
from lineage.events.producer import PRODUCER
from lineage.facets.decision import DECISION_KEY
from lineage.facets.processing import PROCESSING_KEY
from lineage.graph.errors import InvalidEvent, ReservedNamespace
from lineage.graph.rules.dataset_facts import LONGEST_NAME, MOST_DATASETS, read_dataset
from lineage.graph.rules.facts import DatasetFact, Facts, JobFact, RunFact
from lineage.graph.rules.parts import members_of, owners_of, part_of, text_of
from lineage.graph.types import Origin

OUR_FACETS = "accordant_"
STATES = frozenset({"START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER"})
_SIDES = (("inputs", "input"), ("outputs", "output"))


def read_facts(event: Mapping[str, Any], *, origin: Origin) -> Facts:
    """Return what the graph keeps of a run, job or dataset event.

    :raises InvalidEvent: if a name is missing or too long, or a time or an id is none.
    """
    faults: list[str] = []
    facts = Facts(
        at=_read_time(event, faults),
        origin=origin,
        producer=text_of(event, "producer", 500) or "",
        job=_read_job(event, faults),
        run=_read_run(event, origin, faults),
        datasets=tuple(_read_datasets(event, faults)),
    )
    if facts.job is None and not facts.datasets:
        faults.append("$: neither a job nor a dataset")
    if faults:
        raise InvalidEvent(faults)
    return facts


def refuse_ours(event: Mapping[str, Any]) -> None:
    """Return if an event from outside does not claim to be one of this service's.

    :raises ReservedNamespace: if its job's namespace, its producer or one of its facets is ours: anybody
        with a key could else draw a gate on a path.
    """
    namespace = part_of(event, "job").get("namespace")
    if isinstance(namespace, str) and namespace.strip().casefold() == JOB_NAMESPACE:
        raise ReservedNamespace(f"the namespace {JOB_NAMESPACE} is this service's own")
    if event.get("producer") == PRODUCER:
        raise ReservedNamespace("the producer is this service's own")
    for facets in _all_facets(event):
        for key, facet in facets.items():
            if key.strip().casefold().startswith(OUR_FACETS) or _is_ours(facet):
                raise ReservedNamespace(f"facets {OUR_FACETS}* and those of our producer are ours")


def _is_ours(facet: object) -> bool:
    return isinstance(facet, Mapping) and facet.get("_producer") == PRODUCER


def _all_facets(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield part_of(event, "run", "facets")
    yield part_of(event, "job", "facets")
    datasets = [one for side, _ in _SIDES for one in members_of(event.get(side))]
    for dataset in (*datasets, part_of(event, "dataset")):
        for name in ("facets", "inputFacets", "outputFacets"):
            yield part_of(dataset, name)


def _read_time(event: Mapping[str, Any], faults: list[str]) -> str:
    try:
        at = datetime.fromisoformat(str(event.get("eventTime")).upper())
        if at.tzinfo is not None:
            return write_time(at)
    except (ValueError, OverflowError):
        pass
    faults.append("$.eventTime: no time with its offset from UTC")
    return ""


def write_time(at: datetime) -> str:
    """Return an aware time as text that sorts as the times do."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _read_job(event: Mapping[str, Any], faults: list[str]) -> JobFact | None:
    if "job" not in event:
        return None
    job = part_of(event, "job")
    namespace, name = job.get("namespace"), job.get("name")
    for key, value in (("namespace", namespace), ("name", name)):
        if not isinstance(value, str) or not value or len(value) > LONGEST_NAME:
            faults.append(f"$.job.{key}: no text of 1 to {LONGEST_NAME} characters")
    facets = part_of(job, "facets")
    processing = part_of(facets, PROCESSING_KEY)
    return JobFact(
        namespace=str(namespace),
        name=str(name),
        purpose=text_of(processing, "purpose", 500),
        legal_basis=text_of(processing, "legal_basis", 500),
        owners=owners_of(facets),
        documentation=text_of(part_of(facets, "documentation"), "description", 2000),
    )


def _read_run(event: Mapping[str, Any], origin: Origin, faults: list[str]) -> RunFact | None:
    if "run" not in event:
        return None
    run = part_of(event, "run")
    facets = part_of(run, "facets")
    parent = part_of(facets, "parent", "run").get("runId")
    state = event.get("eventType") or "OTHER"
    if state not in STATES:
        faults.append("$.eventType: no transition of a run")
    if "job" not in event:
        faults.append("$.job: missing")
    return RunFact(
        run_id=_read_id(run.get("runId"), "$.run.runId", faults),
        state=str(state),
        parent=None if parent is None else _read_id(parent, "$.run.facets.parent.run.runId", faults),
        decision=part_of(facets, DECISION_KEY) or None if origin is Origin.EMITTED else None,
    )


def _read_id(value: object, path: str, faults: list[str]) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        faults.append(f"{path}: no UUID")
        return ""


def _read_datasets(event: Mapping[str, Any], faults: list[str]) -> Iterator[DatasetFact]:
    for side, direction in _SIDES:
        told = members_of(event.get(side))
        if len(told) > MOST_DATASETS:
            faults.append(f"$.{side}: more than {MOST_DATASETS} datasets")
            return
        for index, dataset in enumerate(told):
            yield from read_dataset(dataset, direction, f"$.{side}[{index}]", faults)
    if "dataset" in event:
        yield from read_dataset(part_of(event, "dataset"), "", "$.dataset", faults)
