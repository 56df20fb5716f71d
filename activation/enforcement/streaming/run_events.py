"""What lineage hears of a stream: which topic became which, under which policy, in counts. Of nobody."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from activation.enforcement.streaming.figures import Stretch
from activation.enforcement.streaming.tally import Ground
from activation.enforcement.streaming.types import StreamTerms
from activation.enforcement.types import TOOL, TOOL_VERSION
from lineage.events.naming import DatasetName, job_name
from lineage.events.types import (
    DecisionSummary,
    DeniedRows,
    Engine,
    Input,
    JobDescription,
    Output,
    ParentRun,
    Processing,
    RunDescription,
    Statistics,
)
from lineage.facets.decision import Obligation

_Key = TypeVar("_Key")
_DOCUMENTATION = "Decides each event of a topic, and passes on those that may go. A run is a window of it."


def describe_window(
    terms: StreamTerms, *, brokers: str, process: UUID, run_id: UUID, before: Stretch, now: Stretch
) -> RunDescription:
    """Return the window in which the `process`, by its row's id, came from `before` to `now`."""
    allowed, denied = now.allowed - before.allowed, _grown(now.denied, before.denied)
    grounds = _grown(now.grounds, before.grounds)
    rows_in = allowed + sum(denied.values())
    bases = tuple(sorted({basis for basis, _ in grounds if basis}))
    return RunDescription(
        run_id=run_id,
        job=JobDescription(
            name=job_name("enforce_stream", terms.purpose, terms.destination),
            kind="STREAM",
            processing=Processing(terms.purpose, bases) if bases else None,
            documentation=_DOCUMENTATION,
            is_stream=True,
        ),
        engine=Engine(TOOL, TOOL_VERSION),
        inputs=(Input(dataset=kafka_topic(brokers, terms.input), statistics=Statistics(rows=rows_in)),),
        outputs=(
            Output(dataset=kafka_topic(brokers, terms.allowed), statistics=Statistics(rows=allowed)),
            Output(dataset=kafka_topic(brokers, terms.denied), statistics=Statistics(rows=rows_in - allowed)),
        ),
        decision=DecisionSummary(
            policy_version=now.policy_version,
            policy_digest=now.policy_digest,
            purpose=terms.purpose,
            destination=terms.destination,
            controller=terms.controller,
            legal_bases=bases,
            watermark=now.watermark,
            rows_in=rows_in,
            allowed=allowed,
            denied=tuple(DeniedRows(reason, rows) for reason, rows in sorted(denied.items())),
            obligations=_obligations(grounds),
        )
        if now.policy_digest
        else None,
        parent=ParentRun(run_id=process, job_name=job_name("run_stream", terms.purpose, terms.destination)),
    )


def without_counts(run: RunDescription) -> RunDescription:
    """Return what is known of the window when it begins."""
    decision = run.decision
    return replace(
        run,
        job=replace(run.job, processing=None),
        inputs=tuple(Input(dataset=one.dataset) for one in run.inputs),
        outputs=tuple(Output(dataset=one.dataset) for one in run.outputs),
        decision=decision
        and replace(
            decision,
            legal_bases=None,
            watermark=None,
            rows_in=None,
            allowed=None,
            denied=None,
            obligations=None,
        ),
    )


def kafka_topic(brokers: str, topic: str) -> DatasetName:
    """Return the name of a topic: by the first of the brokers, `host:port`, and by its own."""
    first = brokers.split(",", maxsplit=1)[0].strip()
    return DatasetName(f"kafka://{first}", topic)


def _grown(now: Mapping[_Key, int], before: Mapping[_Key, int]) -> dict[_Key, int]:
    """Return by how much each count has grown, of those that have."""
    return {key: count - before.get(key, 0) for key, count in now.items() if count > before.get(key, 0)}


def _obligations(grounds: Mapping[Ground, int]) -> tuple[Obligation, ...]:
    found = {one for _, owed in grounds for one in owed}
    return tuple(
        Obligation(kind=one.kind, field=one.field, value=one.value or None)
        for one in sorted(found, key=lambda one: (one.kind, one.field, one.value))
    )
