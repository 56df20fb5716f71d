"""Deciding rows one by one by the engine, for those who only want to know: nothing leaves by this."""

from collections.abc import Sequence
from dataclasses import replace

from activation.decisions.types import Decision
from activation.enforcement.order import Order
from activation.enforcement.rules import refuse_historic
from activation.snapshots.bulk.planning import Asked, decide_nobody
from activation.snapshots.queries import Snapshot
from consent.subjects.types import Identifier


def decide_rows(
    order: Order, snapshot: Snapshot, people: Sequence[tuple[Identifier, ...] | None]
) -> list[Decision]:
    """Return the decision for each row. One that names nobody is denied, even where strangers are allowed.

    :raises HistoricDecisionRefused: if the question looks back.
    """
    asked = Asked(policy=snapshot.policy, register=snapshot.register, question=order.question, at=order.at)
    nobody = replace(decide_nobody(asked), watermark=snapshot.watermark)
    states = iter(snapshot.load_states([one for one in people if one]))
    decisions = [asked.examine(next(states)).decision if one else nobody for one in people]
    for decision in decisions:
        refuse_historic(decision)
    return decisions
