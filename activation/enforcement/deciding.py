"""Deciding rows one by one by the engine, for those who only want to know: nothing leaves by this."""

from collections.abc import Sequence
from dataclasses import replace

from activation.decisions.engine import decide
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Decision, SubjectState
from activation.enforcement.order import Order
from activation.enforcement.rules import refuse_historic
from activation.snapshots.queries import Snapshot
from consent.subjects.types import Identifier


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
