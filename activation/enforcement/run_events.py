"""What lineage hears of a run: what became what, under which policy, in counts. It names nobody."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from activation.enforcement.drafting import Draft
from activation.enforcement.models import EnforcementRun
from activation.enforcement.order import Order
from activation.enforcement.run_lineage.assertions import list_assertions, with_failed_canaries
from activation.enforcement.run_lineage.columns import trace_output, trace_rows
from activation.enforcement.run_lineage.datasets import (
    Delivered,
    list_columns,
    list_inputs,
    list_outputs,
    measure_file,
    tag_categories,
    tag_columns,
    with_statistics,
)
from activation.enforcement.run_lineage.fitting import fit
from activation.enforcement.run_lineage.keeping import restore
from activation.enforcement.tally import Tally
from activation.enforcement.types import TOOL, TOOL_VERSION, DeliveryState
from lineage.events.naming import job_name, local_file
from lineage.events.types import (
    DecisionSummary,
    DeniedRows,
    Engine,
    Input,
    JobDescription,
    Output,
    Owner,
    Processing,
    RunDescription,
)
from lineage.facets.decision import Obligation


def describe_start(run: EnforcementRun, order: Order) -> RunDescription:
    """Return what is known of `run` before a row is read."""
    return fit(_describe_start(run, order))


def _describe_start(run: EnforcementRun, order: Order) -> RunDescription:
    asked = order.audience.asked
    job = _job(run)
    return RunDescription(
        run_id=run.pk,
        job=replace(job, documentation=order.watcher.title or None, sql=asked.sql if asked else None),
        engine=Engine(TOOL, TOOL_VERSION),
        inputs=list_inputs(order),
        outputs=list_outputs(order, Path(run.output)),
        decision=_decision(run),
        parent=order.watcher.parent,
    )


def describe_result(run: EnforcementRun, draft: Draft) -> RunDescription:
    """Return what is known of `run` when every row is decided, and nothing has left yet."""
    started, tally = _describe_start(run, draft.order), draft.tally
    bases = tuple(sorted(tally.legal_bases))
    result = replace(
        started,
        job=replace(started.job, processing=Processing(run.purpose, bases) if bases else None),
        inputs=tuple(_read(started.inputs, draft)),
        outputs=tuple(_written(started.outputs, draft)),
        decision=_decision(run, bases, tally),
    )
    return fit(result)


def describe_end(run: EnforcementRun) -> RunDescription:
    """Return what is known of a run that ended well, by its row and its files alone: enough for COMPLETE.

    Whichever process tells of it: the run's own, or a later one that found it dead.
    """
    kept = _restore(run)
    is_there = run.delivery == DeliveryState.ACKNOWLEDGED
    rows = run.allowed - run.pulled_back if is_there else None
    outputs = with_statistics(kept.outputs, Delivered(Path(run.output), run.allowed, rows))
    return replace(kept, outputs=outputs)


def describe_failure(run: EnforcementRun, error: BaseException | None = None) -> RunDescription:
    """Return what is known of a run that delivered nothing, or not all: enough for FAIL and ABORT."""
    return with_failed_canaries(_restore(run), error) if error else _restore(run)


def _restore(run: EnforcementRun) -> RunDescription:
    kept = restore(run.lineage)
    if kept is None:  # begun by an earlier version
        kept = RunDescription(
            run_id=run.pk,
            job=_job(run),
            engine=Engine(TOOL, TOOL_VERSION),
            inputs=(Input(dataset=local_file(run.input)),),
            outputs=(Output(dataset=local_file(run.output)),),
        )
    return kept if kept.decision else replace(kept, decision=_decision(run))


def _read(inputs: Iterable[Input], draft: Draft) -> Iterable[Input]:
    assertions = list_assertions(draft)
    for source in inputs:
        is_file = draft.order.audience.asked is None
        statistics = measure_file(draft.order.audience.path, draft.tally.rows) if is_file else None
        yield replace(source, statistics=statistics, assertions=assertions)


def _written(outputs: Iterable[Output], draft: Draft) -> Iterable[Output]:
    order, plan = draft.order, draft.plan
    lineage, shaped_by = trace_output(order, plan, draft.tally), trace_rows(order)
    carried = {column.kind.value: column.field.name for column in plan.columns if column.kind is not None}
    tags = (*tag_columns(carried), *tag_categories(_categories(draft)))
    for output in outputs:
        yield replace(
            output,
            columns=list_columns(plan.schema),
            tags=(*output.tags, *tags),
            lineage=lineage,
            shaped_by=shaped_by,
        )


def _categories(draft: Draft) -> frozenset[str]:
    """Return the categories of data that the policy lets the purpose use, and the destination get."""
    question = draft.order.question
    rules = draft.policy.rules_for(question.purpose, question.controller).values()
    used = frozenset[str]().union(*(rule.data_categories for rule in rules))
    recipient = draft.policy.destinations.get(question.destination)
    return used & recipient.data_categories if recipient else frozenset()


def _job(run: EnforcementRun) -> JobDescription:
    return JobDescription(
        name=job_name("enforce_audience", run.purpose, run.destination),
        kind="AUDIENCE",
        owners=(Owner.controller(run.controller),),
    )


def _decision(
    run: EnforcementRun, bases: tuple[str, ...] | None = None, tally: Tally | None = None
) -> DecisionSummary | None:
    """Return None while no policy is known to decide under, and for a run that found none."""
    if not run.policy_version:
        return None
    return DecisionSummary(
        policy_version=run.policy_version,
        policy_digest=run.policy_digest,
        purpose=run.purpose,
        destination=run.destination,
        controller=run.controller,
        legal_bases=bases,
        watermark=run.watermark,
        rows_in=run.rows_in,
        allowed=run.allowed,
        denied=tuple(DeniedRows(reason, rows) for reason, rows in sorted(run.denied_by_reason.items())),
        obligations=_obligations(tally) if tally else None,
        manifest_digest=run.manifest_digest or None,
    )


def _obligations(tally: Tally) -> tuple[Obligation, ...]:
    return tuple(
        Obligation(kind=one.kind, field=one.field, value=one.value or None)
        for one, _ in tally.sorted_obligations()
    )
