"""What several events come to, whatever order they come in. Pure.

Each part of a row is a register: the value that was said last, by the time of its event and then by the
event's digest. First and last times are the least and the greatest. So rows merge to the same whatever comes
first, and what comes twice changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lineage.events.ourselves import DENIED_ROWS
from lineage.graph.rules.facts import (
    ColumnFact,
    DatasetFact,
    Facts,
    JobFact,
    RunFact,
    digest_columns,
    digest_name,
    digest_of,
    pack,
)
from lineage.graph.rules.personal import Tag
from lineage.graph.types import Origin

Register = list[Any]
"""A stamp, which sorts as time does, and a value."""

Told = dict[str, Register]
NameKey = tuple[bytes]
FlowKey = tuple[bytes, bytes, str]
"""Digest of the job, digest of the dataset, direction."""

RunKey = tuple[bytes, str]
RunFlowKey = tuple[bytes, str, bytes, str]

TAGS = "tags "
"""The beginning of the registers of a dataset's tags: each job has one, and takes back only its own word."""

DENIED = (DENIED_ROWS, "true", "")
"""The tag, of a whole dataset, that says that what was denied is in it: see `Flow`."""

ENDINGS = frozenset({"COMPLETE", "FAIL", "ABORT"})
_RANKS = {"OTHER": 0, "START": 1, "RUNNING": 2, "COMPLETE": 3, "FAIL": 4, "ABORT": 5}


@dataclass(slots=True)
class Row:
    """What is known of a dataset, a job, a run or a flow."""

    first: datetime
    last: datetime
    told: Told = field(default_factory=dict)
    namespace: str = ""
    name: str = ""
    origin: Origin = Origin.RECEIVED
    started: datetime | None = None
    columns_there: str | None = None
    """Of a flow: the digest of the column lineage that the graph holds already."""

    def take(self, other: "Row") -> None:
        """Become what both rows come to."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        if other.origin is Origin.EMITTED:
            self.origin = other.origin
        if other.started and (self.started is None or other.started < self.started):
            self.started = other.started
        merge_told(self.told, other.told)


def merge_told(told: Told, other: Told) -> None:
    """Have `told` keep of each register what was said last."""
    for name, register in other.items():
        if name not in told or told[name][0] < register[0]:
            told[name] = register


def said(told: Mapping[str, Any], name: str, default: Any) -> Any:
    """Return the value of a register, `default` if nobody said anything."""
    return told[name][1] if name in told else default


def tags_of(told: Mapping[str, Any]) -> tuple[Tag, ...]:
    """Return all tags of a dataset, each once, whichever jobs told of them."""
    every = (tuple(tag) for name in sorted(told) if name.startswith(TAGS) for tag in told[name][1])
    return tuple(dict.fromkeys(every))


@dataclass(slots=True)
class Gathered:
    """What a batch of events comes to, by the natural keys of the tables."""

    datasets: dict[NameKey, Row] = field(default_factory=dict)
    jobs: dict[NameKey, Row] = field(default_factory=dict)
    runs: dict[RunKey, Row] = field(default_factory=dict)
    flows: dict[FlowKey, Row] = field(default_factory=dict)
    run_flows: dict[RunFlowKey, Told] = field(default_factory=dict)
    aliases: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)
    """Two names of the same data, and whether an event of ours says so."""
    columns: dict[tuple[FlowKey, str], tuple[ColumnFact, ...]] = field(default_factory=dict)
    """By the flow, and the stamp with which its register `columns` holds them."""


def gather(batch: Iterable[Facts]) -> Gathered:
    """Return what the events of `batch` come to together."""
    gathered = Gathered()
    for facts in batch:
        _Event(facts, gathered).take()
    return gathered


class _Event:
    """One event on its way into what its batch comes to."""

    def __init__(self, facts: Facts, gathered: Gathered) -> None:
        self.facts, self.gathered = facts, gathered
        self.at = datetime.fromisoformat(facts.at)
        self.stamp = f"{facts.at} {digest_of(pack(facts)).hex()[:16]}"

    def take(self) -> None:
        job = self._take_job(self.facts.job) if self.facts.job else None
        if job and self.facts.run:
            self._take_run(job, self.facts.run)
        for dataset in self.facts.datasets:
            key = self._take_dataset(dataset, job)
            if job and dataset.direction:
                self._take_flow(job, key, dataset)

    def _row(self, told: Told, **names: Any) -> Row:
        return Row(first=self.at, last=self.at, told=told, origin=self.facts.origin, **names)

    def _registers(self, **values: Any) -> Told:
        return {name: [self.stamp, value] for name, value in values.items() if value is not None}

    def _take_job(self, job: JobFact) -> bytes:
        processing = None if job.purpose is None else [job.purpose, job.legal_basis or ""]
        run = self.facts.run
        told = self._registers(
            processing=processing,
            owners=job.owners,
            documentation=job.documentation,
            last_run=run and run.run_id,
            gate=run and run.decision and str(run.decision.get("destination", "")),
        )
        digest = digest_name(job.namespace, job.name)
        _add(self.gathered.jobs, (digest,), self._row(told, namespace=job.namespace, name=job.name))
        return digest

    def _take_run(self, job: bytes, run: RunFact) -> None:
        told = self._registers(parent=run.parent, decision=run.decision, producer=self.facts.producer or None)
        told["state"] = [_stamp_state(run.state, self.facts.at), [run.state, self.facts.at]]
        row = self._row(told)
        row.started = self.at if run.state == "START" else None
        _add(self.gathered.runs, (job, run.run_id), row)

    def _take_dataset(self, dataset: DatasetFact, job: bytes | None) -> bytes:
        told = self._registers(
            columns=dataset.columns, owners=dataset.owners, documentation=dataset.documentation
        )
        if dataset.tags is not None:
            told[f"{TAGS}{job.hex()[:16] if job else ''}"] = [self.stamp, dataset.tags]
        digest = self._name_dataset(dataset.namespace, dataset.name, told)
        for alias in dataset.aliases:
            other = self._name_dataset(*alias, {})
            if other != digest:
                pair = min(digest, other), max(digest, other)
                is_ours = self.facts.origin is Origin.EMITTED
                self.gathered.aliases[pair] = is_ours or self.gathered.aliases.get(pair, False)
        return digest

    def _name_dataset(self, namespace: str, name: str, told: Told) -> bytes:
        digest = digest_name(namespace, name)
        _add(self.gathered.datasets, (digest,), self._row(told, namespace=namespace, name=name))
        return digest

    def _take_flow(self, job: bytes, key: bytes, dataset: DatasetFact) -> None:
        flow, run = (job, key, dataset.direction), self.facts.run
        told = self._registers(last_run=run and run.run_id)
        if dataset.direction == "output" and DENIED in (dataset.tags or ()):
            told["denied"] = [self.stamp, True]
        if dataset.direction == "output" and self.facts.origin is Origin.EMITTED:
            told |= self._registers(wrote=dataset.columns and [name for name, _ in dataset.columns])
        if dataset.lineage is not None:
            told["columns"] = [self.stamp, digest_columns(dataset.lineage)]
            self.gathered.columns[flow, self.stamp] = dataset.lineage
        _add(self.gathered.flows, flow, self._row(told))
        if run:
            measured = None if dataset.rows is None and dataset.size is None else [dataset.rows, dataset.size]
            told = self.gathered.run_flows.setdefault((job, run.run_id, key, dataset.direction), {})
            merge_told(told, self._registers(measured=measured))


def _add(rows: dict[Any, Row], key: Any, row: Row) -> None:
    if key in rows:
        rows[key].take(row)
    else:
        rows[key] = row


def _stamp_state(state: str, at: str) -> str:
    """An ending stands, whatever comes after it; OTHER never says how far a run is."""
    level = 2 if state in ENDINGS else 0 if state == "OTHER" else 1
    return f"{level} {at} {_RANKS[state]}"
