"""Canaries and incidents: all that other packages may call."""

from datetime import datetime
from uuid import UUID

import pyarrow as pa

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.types import Question
from activation.enforcement.audience.identifiers import IdentifierColumns
from activation.enforcement.canaries.incidents import acknowledge_incident, raise_incident
from activation.enforcement.canaries.making import ensure_canaries, mend_canaries
from activation.enforcement.canaries.queries import find_refs, get_key, list_canaries
from activation.enforcement.canaries.rows import CanaryRows, make_canary_rows
from activation.enforcement.canaries.self_test import SelfTestReport, run_self_test
from activation.enforcement.canaries.types import CanaryAlarm

__all__ = [
    "CanaryRows",
    "SelfTestReport",
    "acknowledge_incident",
    "ensure_canaries",
    "mend_canaries",
    "place_canaries",
    "raise_alarm",
    "raise_incident",
    "run_self_test",
]


def place_canaries(
    *,
    schema: pa.Schema,
    columns: IdentifierColumns,
    question: Question,
    policy: CompiledPolicy,
    at: datetime,
    subject_column: str | None = None,
) -> CanaryRows:
    """Return rows to hide among an audience's of this schema, whose decisions `CanaryRows.check` takes.

    `subject_column` names people by reference. One statement, or two with such a column, which write
    nothing: `ensure_canaries` was called before `at` was taken.

    :raises CanariesNotApplicable: if no canary can be placed, with why.
    """
    known = list_canaries(destination=question.destination)
    return make_canary_rows(
        schema=schema,
        columns=columns,
        canaries=known,
        subject_column=subject_column,
        refs=find_refs(known) if subject_column else None,
        key=get_key(),
        policy=policy,
        question=question,
        at=at,
    )


def raise_alarm(*, alarm: CanaryAlarm, path: str, run_id: UUID | None = None) -> int:
    """Raise the incident that `alarm` tells of, and return its number. The destination is suspended.

    Call it outside the transaction that the alarm ended.
    """
    return raise_incident(kind=alarm.kind, question=alarm.question, ways=alarm.ways, path=path, run_id=run_id)
