"""Our decision in process: the pure engine, with the people's states read before."""

import time
from collections.abc import Callable, Sequence

from django.utils import timezone

from activation.decisions.engine import decide
from activation.decisions.reasons import Effect
from activation.decisions.types import Question
from activation.snapshots.queries import open_snapshot
from consent.subjects.types import Identifier, IdentifierKind
from tests.bench.check.people import CONTROLLER, DESTINATION, list_asked
from tests.bench.check.processors import pinned, servers_core

TITLE = "Ours, the pure engine"
_ROUNDS = 5


def measure(people: int, count: int) -> float:
    """Return the processor seconds of one decision, in the best of some rounds.

    :raises RuntimeError: if it decides otherwise than it should.
    """
    at, asked = timezone.now(), list_asked(people, count)
    questions = [
        Question(purpose=one.purpose, destination=DESTINATION, controller=CONTROLLER) for one in asked
    ]
    with open_snapshot(at=at) as snapshot:
        states = snapshot.load_states(
            [[Identifier(IdentifierKind.USER_ID, one.person.user_id)] for one in asked]
        )
        at = snapshot.complete_at

    def decide_all() -> Sequence[bool]:
        return [
            decide(snapshot.policy, snapshot.register, state, question, at).effect is Effect.ALLOW
            for state, question in zip(states, questions, strict=True)
        ]

    if decide_all() != [one.expected for one in asked]:
        raise RuntimeError("our engine decides otherwise than it should")
    with pinned(servers_core()):
        return min(_seconds(decide_all) for _ in range(_ROUNDS)) / len(asked)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
