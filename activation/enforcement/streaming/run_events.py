"""What lineage hears of a stream: which topic became which, under which policy, in counts. Of nobody."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from activation.enforcement.run_lineage.datasets import DESTINATION, PERSONAL
from activation.enforcement.streaming.figures import Stretch
from activation.enforcement.streaming.tally import Ground
from activation.enforcement.streaming.types import StreamTerms
from activation.enforcement.types import TOOL, TOOL_VERSION
from lineage.events.naming import destination, job_name
from lineage.events.ourselves import DENIED_ROWS
from lineage.events.stores import kafka_topic
from lineage.events.types import (
    DecisionSummary,
    DeniedRows,
    Engine,
    Input,
    JobDescription,
    Output,
    Owner,
    ParentRun,
    Processing,
    RunDescription,
    Statistics,
    Tag,
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
            owners=(Owner.controller(terms.controller),),
            is_stream=True,
        ),
        engine=Engine(TOOL, TOOL_VERSION),
        inputs=(
            Input(
                dataset=kafka_topic(servers=brokers, topic=terms.input),
                tags=(PERSONAL,),
                statistics=Statistics(rows=rows_in),
            ),
        ),
        outputs=_outputs(terms, brokers, allowed=allowed, denied=rows_in - allowed),
        decision=_decision(terms, now, allowed=allowed, denied=denied, grounds=grounds),
        parent=ParentRun(run_id=process, job_name=job_name("run_stream", terms.purpose, terms.destination)),
    )


def _decision(
    terms: StreamTerms,
    now: Stretch,
    *,
    allowed: int,
    denied: Mapping[str, int],
    grounds: Mapping[Ground, int],
) -> DecisionSummary | None:
    """Return None while no policy decided anything."""
    if not now.policy_digest:
        return None
    return DecisionSummary(
        policy_version=now.policy_version,
        policy_digest=now.policy_digest,
        purpose=terms.purpose,
        destination=terms.destination,
        controller=terms.controller,
        legal_bases=tuple(sorted({basis for basis, _ in grounds if basis})),
        watermark=now.watermark,
        rows_in=allowed + sum(denied.values()),
        allowed=allowed,
        denied=tuple(DeniedRows(reason, rows) for reason, rows in sorted(denied.items())),
        obligations=_obligations(grounds),
    )


def _outputs(terms: StreamTerms, brokers: str, *, allowed: int, denied: int) -> tuple[Output, ...]:
    """Return the topics, and the destination that the allowed one is meant for."""
    return (
        Output(
            dataset=kafka_topic(servers=brokers, topic=terms.allowed),
            tags=(PERSONAL,),
            statistics=Statistics(rows=allowed),
        ),
        Output(
            dataset=kafka_topic(servers=brokers, topic=terms.denied),
            tags=(PERSONAL, Tag(key=DENIED_ROWS, value="true")),
            statistics=Statistics(rows=denied),
        ),
        Output(
            dataset=destination(terms.destination),
            tags=(PERSONAL, Tag(key=DESTINATION, value=terms.destination)),
        ),
    )


def without_counts(run: RunDescription) -> RunDescription:
    """Return what is known of the window when it begins."""
    decision = run.decision
    return replace(
        run,
        job=replace(run.job, processing=None),
        inputs=tuple(replace(one, statistics=None) for one in run.inputs),
        outputs=tuple(replace(one, statistics=None) for one in run.outputs),
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


def _grown(now: Mapping[_Key, int], before: Mapping[_Key, int]) -> dict[_Key, int]:
    """Return by how much each count has grown, of those that have."""
    return {key: count - before.get(key, 0) for key, count in now.items() if count > before.get(key, 0)}


def _obligations(grounds: Mapping[Ground, int]) -> tuple[Obligation, ...]:
    found = {one for _, owed in grounds for one in owed}
    return tuple(
        Obligation(kind=one.kind, field=one.field, value=one.value or None)
        for one in sorted(found, key=lambda one: (one.kind, one.field, one.value))
    )
