"""Deciding an audience row by row from one snapshot, and writing the rows that may leave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO

import pyarrow as pa

from activation.decisions.engine import decide
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Decision, Question, SubjectState
from activation.enforcement.audience.identifiers import IdentifierColumns, read_identifiers
from activation.enforcement.audience.types import Audience
from activation.enforcement.audience.writing import open_writer
from activation.enforcement.output_plan import OutputPlan
from activation.enforcement.rules import apply_obligations, refuse_historic
from activation.enforcement.tally import Tally
from activation.enforcement.types import Progress
from activation.snapshots.queries import Snapshot
from consent.subjects.types import Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a run is asked to do."""

    question: Question
    audience: Audience
    columns: IdentifierColumns
    at: datetime
    progress: Progress


def write_allowed(order: Order, snapshot: Snapshot, plan: OutputPlan, tally: Tally, file: IO[bytes]) -> None:
    """Decide every row, count it in `tally`, and write those allowed to `file`, obligations applied.

    :raises AudienceUnreadable: if a row is malformed.
    :raises ObligationNotSupported: if a row is owed what was not foreseen.
    """
    with open_writer(file, order.audience.format, plan.schema) as writer:
        for batch in order.audience.batches():
            people = read_identifiers(batch, order.columns)
            decisions = decide_rows(order, snapshot, people)
            for identifiers, decision in zip(people, decisions, strict=True):
                tally.add(identifiers or (), decision)
            writer.write_batch(_keep_allowed(batch, decisions, plan))
            order.progress(tally.rows)


def decide_rows(
    order: Order, snapshot: Snapshot, people: Sequence[tuple[Identifier, ...] | None]
) -> list[Decision]:
    """Return the decision for each row. One that names nobody is denied, even where strangers are allowed.

    :raises HistoricDecisionRefused: if the question looks back.
    """
    nobody = _decide_nobody(order, snapshot)
    states = iter(snapshot.load_states([one for one in people if one]))
    decisions = [_decide(order, snapshot, next(states)) if one else nobody for one in people]
    for decision in decisions:
        refuse_historic(decision)
    return decisions


def _decide(order: Order, snapshot: Snapshot, state: SubjectState) -> Decision:
    return decide(snapshot.policy, snapshot.register, state, order.question, order.at)


def _decide_nobody(order: Order, snapshot: Snapshot) -> Decision:
    unknown = SubjectState(complete_at=snapshot.complete_at, watermark=snapshot.watermark)
    decision = _decide(order, snapshot, unknown)
    if not decision.allowed:
        return decision
    return replace(decision, effect=Effect.DENY, reason=Reason.SUBJECT_UNKNOWN, obligations=())


def _keep_allowed(batch: pa.RecordBatch, decisions: Sequence[Decision], plan: OutputPlan) -> pa.RecordBatch:
    kept = batch.filter(pa.array([decision.allowed for decision in decisions], pa.bool_()))
    return apply_obligations(kept, [one.obligations for one in decisions if one.allowed], plan)
