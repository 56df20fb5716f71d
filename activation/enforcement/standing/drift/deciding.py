"""Rows decided at several moments, each by the policy of then, as a run would decide and hold them back."""

from collections.abc import Sequence
from dataclasses import replace

from activation.decisions.engine import decide
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import NOT_HONOURED, Decision, Question, SubjectState
from activation.enforcement.standing.drift.outlooks import Moment
from activation.enforcement.standing.drift.people import Row
from activation.enforcement.strings.lacking import Answer, list_lacking
from activation.snapshots.queries import Snapshot


def decide_batch(
    snapshot: Snapshot, moments: Sequence[Moment], question: Question, rows: Sequence[Row]
) -> list[tuple[str, ...]]:
    """Return each row's reasons at each moment in turn.

    One that names nobody is denied, and so is one whose person lacks a string that the allow owes: for both
    as in a run. Strings are those of now, whatever the moment.
    """
    return list(zip(*(_decide_at(snapshot, one, question, rows) for one in moments), strict=True))


def _decide_at(snapshot: Snapshot, moment: Moment, question: Question, rows: Sequence[Row]) -> list[str]:
    decisions = [_decide(snapshot, moment, question, row) for row in rows]
    answers = [Answer(one, row.refs, question.controller) for one, row in zip(decisions, rows, strict=True)]
    lacking = list_lacking(answers, at=moment.at)
    return [
        NOT_HONOURED if lacks else one.reason.value for one, lacks in zip(decisions, lacking, strict=True)
    ]


def _decide(snapshot: Snapshot, moment: Moment, question: Question, row: Row) -> Decision:
    nobody = SubjectState(complete_at=snapshot.complete_at, watermark=snapshot.watermark)
    state = nobody if row.state is None else row.state
    decision = decide(moment.policy, snapshot.register, state, question, moment.at)
    if row.state is None and decision.effect is Effect.ALLOW:
        return replace(decision, effect=Effect.DENY, reason=Reason.SUBJECT_UNKNOWN)
    return decision
