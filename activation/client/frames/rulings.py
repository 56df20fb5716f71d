"""From decisions on people to rows: which pass, and what is done to them first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from activation.client.answers import Verdict
from activation.client.frames.results import Summary
from activation.client.verdicts import Decided
from activation.decisions.types import NOT_HONOURED
from activation.obligations.applying import apply_by_place
from activation.obligations.plan import (
    ObligationNotSupported,
    Obligations,
    OutputPlan,
    plan_output,
)
from consent.subjects.types import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What was decided of each row of a table."""

    places: pa.Array
    """For each row, which of `obligations` is owed on it."""
    obligations: Sequence[Obligations]
    allowed: pa.BooleanArray
    reasons: pa.DictionaryArray
    summary: Summary


def plan_for(
    schema: pa.Schema,
    identifiers: Mapping[IdentifierKind, str],
    possible: Sequence[Obligations],
) -> OutputPlan:
    """Return the output's columns, laid out for all that can be done to this input of what rules may ask.

    Rows that are owed anything else are denied: see `rule_on`.
    """
    can_be_done = [owed for owed in possible if _can_be_done(schema, identifiers, owed)]
    return plan_output(schema, identifiers, can_be_done)


def rule_on(decided: Decided, people: pa.Array, plan: OutputPlan) -> Ruling:
    """Return what was decided of each row, given the place of its person among those `decided`.

    An allow that is owed what the plan did not foresee is a deny.
    """
    verdicts = [_as_far_as_planned(verdict, plan) for verdict in decided.verdicts]
    places = pa.array(decided.places, pa.int32()).take(people)
    allowed = pa.array([verdict[0] for verdict in verdicts], pa.bool_()).take(places)
    reasons = pa.DictionaryArray.from_arrays(
        places, pa.array([verdict[1] for verdict in verdicts], pa.string())
    )
    return Ruling(
        places=places,
        obligations=[verdict[2] for verdict in verdicts],
        allowed=allowed,
        reasons=reasons,
        summary=_sum_up(decided, verdicts, places),
    )


def keep_allowed(table: pa.Table, ruling: Ruling, plan: OutputPlan, *, at_once: int) -> pa.Table:
    """Return the rows that pass, in their order, with what is owed on them done, in the plan's columns."""
    batches, start = [], 0
    for batch in table.to_batches(max_chunksize=max(at_once, 1)):
        allowed = ruling.allowed.slice(start, batch.num_rows)
        places = ruling.places.slice(start, batch.num_rows)
        start += batch.num_rows
        kept = apply_by_place(batch.filter(allowed), places.filter(allowed), ruling.obligations, plan)
        batches.append(kept)
    return pa.Table.from_batches(batches, plan.schema)


def _can_be_done(schema: pa.Schema, identifiers: Mapping[IdentifierKind, str], owed: Obligations) -> bool:
    try:
        plan_output(schema, identifiers, [owed])
    except ObligationNotSupported:
        return False
    return True


def _as_far_as_planned(verdict: Verdict, plan: OutputPlan) -> Verdict:
    _, _, obligations = verdict
    return verdict if plan.foreseen.issuperset(obligations) else (False, NOT_HONOURED, ())


def _sum_up(decided: Decided, verdicts: Sequence[Verdict], places: pa.Array) -> Summary:
    """Return the numbers; several verdicts can have one reason."""
    by_reason: Counter[str] = Counter()
    allowed = 0
    for counted in pc.value_counts(places):
        is_allowed, reason, _ = verdicts[counted["values"].as_py()]
        by_reason[reason] += counted["counts"].as_py()
        allowed += is_allowed * counted["counts"].as_py()
    return Summary(
        rows=len(places),
        allowed=allowed,
        by_reason=by_reason,
        watermark=decided.watermark if decided.policy_digest or decided.watermark else None,
        policy_version=decided.policy_version,
        policy_digest=decided.policy_digest,
        not_after=decided.not_after,
    )
