"""What lineage hears of a run: which file became which, under which policy, in counts. It names nobody."""

from collections.abc import Iterable

import pyarrow as pa

from activation.enforcement.drafting import Draft
from activation.enforcement.models import EnforcementRun
from activation.enforcement.tally import Tally
from activation.enforcement.types import TOOL, TOOL_VERSION
from activation.obligations.plan import OutputColumn, OutputPlan
from lineage.events.naming import DatasetName, job_name, local_file
from lineage.events.types import (
    DROPPED,
    FILTER,
    MASKED,
    PASSED,
    Column,
    ColumnLineage,
    ColumnOrigin,
    ColumnRef,
    DecisionSummary,
    DeniedRows,
    Engine,
    Input,
    JobDescription,
    Output,
    Processing,
    RunDescription,
    Statistics,
    Transformation,
)
from lineage.facets.decision import Obligation

_TREATMENTS = {"mask": MASKED, "drop": DROPPED}


def describe_run(run: EnforcementRun) -> RunDescription:
    """Return what is known of `run` from its row alone: enough for START, FAIL and ABORT."""
    return RunDescription(
        run_id=run.pk,
        job=_job(run),
        engine=Engine(TOOL, TOOL_VERSION),
        inputs=(Input(dataset=local_file(run.input)),),
        outputs=(Output(dataset=local_file(run.output)),),
        decision=_decision(run),
    )


def describe_result(run: EnforcementRun, draft: Draft) -> RunDescription:
    """Return what is known of `run` when it has decided every row: enough for COMPLETE."""
    order, plan, tally = draft.order, draft.plan, draft.tally
    source = local_file(run.input)
    bases = tuple(sorted(tally.legal_bases))
    return RunDescription(
        run_id=run.pk,
        job=_job(run, bases),
        engine=Engine(TOOL, TOOL_VERSION),
        inputs=(
            Input(
                dataset=source,
                columns=_columns(order.audience.schema),
                statistics=Statistics(rows=tally.rows),
            ),
        ),
        outputs=(
            Output(
                dataset=local_file(run.output),
                columns=_columns(plan.schema),
                statistics=Statistics(rows=tally.allowed),
                lineage=tuple(_lineage(source, plan, tally)),
                shaped_by=tuple(
                    ColumnOrigin(ColumnRef(source, name), (FILTER,)) for name in order.naming_columns
                ),
            ),
        ),
        decision=_decision(run, bases, tally),
    )


def _job(run: EnforcementRun, bases: tuple[str, ...] = ()) -> JobDescription:
    return JobDescription(
        name=job_name("enforce_audience", run.purpose, run.destination),
        kind="AUDIENCE",
        processing=Processing(run.purpose, bases) if bases else None,
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


def _columns(schema: pa.Schema) -> tuple[Column, ...]:
    return tuple(Column(field.name, str(field.type)) for field in schema)


def _lineage(source: DatasetName, plan: OutputPlan, tally: Tally) -> Iterable[ColumnLineage]:
    for column in plan.columns:
        treatments = tuple(_treatments(column, tally))
        origin = ColumnOrigin(ColumnRef(source, column.source), treatments) if column.source else None
        yield ColumnLineage(column.field.name, (origin,) if origin and treatments else ())
    for column in plan.left_out:
        dropped = ColumnOrigin(ColumnRef(source, column.field.name), (DROPPED,))
        yield ColumnLineage(column.field.name, (dropped,))


def _treatments(column: OutputColumn, tally: Tally) -> Iterable[Transformation]:
    """Yield what was done to the column in the allowed rows; nothing if all its values were set."""
    owed = {one: rows for one, rows in tally.obligations.items() if column.owed([one])}
    if sum(owed.values()) < tally.allowed or not tally.allowed:
        yield PASSED
    for kind in sorted({one.kind for one in owed} & set(_TREATMENTS)):
        yield _TREATMENTS[kind]
