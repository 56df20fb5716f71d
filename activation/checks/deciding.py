"""Deciding questions from one consistent view of PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from activation.checks.wire.refusals import decide_nobody, read_normalised, register_for
from activation.checks.wire.types import Asked, AskedBatch, Checked, ItemError
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.register import Register
from activation.decisions.types import Decision, Question, SubjectState
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.kernel.errors import AccordantError
from consent.records import services as records
from consent.subjects.queries import SubjectStateUnreadable
from consent.subjects.types import Identifier

Person = TypeVar("Person")
Read = TypeVar("Read")
MAX_TRIES = 64
"""How often a batch with unreadable people in it is read again in halves, to find the others."""

Snapshots = Mapping[datetime | None, Snapshot]
"""A view by the `as_of` that it has the policy of; all of the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One decision, and everything that it was made from."""

    decision: Decision
    question: Question
    policy: CompiledPolicy
    register: Register
    state: SubjectState
    at: datetime
    error: ItemError | None = None
    """Why nobody was looked for."""

    def checked(self, decision_id: str | None = None) -> Checked:
        """Return what is told of it; `decision_id` if it is kept."""
        return Checked(decision=self.decision, error=self.error, decision_id=decision_id)


def check(*, identifiers: Sequence[Identifier], question: Question, at: datetime) -> Decision:
    """Return the decision on `question` about the person whom `identifiers` lead to.

    An empty `question.controller` stands for the policy's only one.

    :raises MalformedIdentifier: if an identifier cannot be one of its kind.
    :raises ControllerMissing: if the policy has several controllers and the question names none.
    """
    with open_snapshot(at=question.as_of or at) as snapshot:
        question = name_controller(question, snapshot)
        [state] = load_states(snapshot, [identifiers])
    return decide(snapshot.policy, snapshot.register, state, question, at)


def check_many(*, asked: Sequence[Asked], at: datetime) -> list[Found | AccordantError]:
    """Return the decision on each question, in the order asked, all from one view.

    In place of one that cannot be decided stands why: `MalformedToken` or `ControllerMissing`. The number
    of statements hangs on how many different `as_of` there are, and not on how many questions.
    """
    with open_snapshots(asked=[one.question for one in asked], at=at) as snapshots:
        identifiers = [read_normalised(one.identifier) for one in asked]
        known = [[one] for one in identifiers if isinstance(one, Identifier)]
        states = iter(load_states(snapshots[None], known))
        read = [next(states) if isinstance(one, Identifier) else one for one in identifiers]
    return [_find(one, state, snapshots, at) for one, state in zip(asked, read, strict=True)]


def ask_each(batch: AskedBatch) -> list[Asked]:
    """Return a batch's question about each of its subjects."""
    return [
        Asked(
            identifier=subject,
            question=batch.question,
            subject_type="",
            token=batch.token,
            explain=batch.explain,
            shadow=batch.shadow,
        )
        for subject in batch.subjects
    ]


@contextmanager
def open_snapshots(*, asked: Sequence[Question], at: datetime) -> Iterator[Snapshots]:
    """Give one consistent view, with the policy in force at `at` and at each `as_of` of the questions."""
    with open_snapshot(at=at) as now:
        found: dict[datetime | None, Snapshot] = {None: now}
        for as_of in sorted({one.as_of for one in asked if one.as_of}):
            with open_snapshot(at=as_of) as then:
                found[as_of] = then
        yield found


def load_states(snapshot: Snapshot, people: Sequence[Sequence[Identifier]]) -> list[SubjectState]:
    """Return each person's state; one that says so for those whose state cannot be read whole."""
    unreadable = SubjectState(available=False, watermark=snapshot.watermark)
    return load_readable(snapshot.load_states, people, unreadable=unreadable)


def load_readable(
    load: Callable[[Sequence[Person]], list[Read]], people: Sequence[Person], *, unreadable: Read
) -> list[Read]:
    """Return what `load` reads of each of `people`; `unreadable` for those of whom that fails."""
    found = [unreadable] * len(people)
    spans = [(0, len(people))] if people else []
    for _ in range(MAX_TRIES):
        if not spans:
            break
        start, end = spans.pop()
        try:
            found[start:end] = load(people[start:end])
        except SubjectStateUnreadable:
            middle = (start + end) // 2
            spans += [(middle, end), (start, middle)] if end - start > 1 else []
    return found


def name_controller(question: Question, snapshot: Snapshot) -> Question:
    """Return `question` with the policy's only controller, if it names none.

    :raises ControllerMissing: if the policy has several.
    """
    return question if question.controller else replace(question, controller=snapshot.only_controller())


def open_token(question: Question, token: str | None) -> Question:
    """Return `question` with the write that `token` stands for.

    :raises MalformedToken: if no write of ours answered with it.
    """
    return replace(question, at_least=records.read_token(token)) if token else question


def _find(
    asked: Asked, state: SubjectState | ItemError, snapshots: Snapshots, at: datetime
) -> Found | AccordantError:
    snapshot = snapshots[asked.question.as_of]
    try:
        question = open_token(name_controller(asked.question, snapshot), asked.token)
    except AccordantError as refusal:
        return refusal
    register = register_for(snapshot.register, question.destination, asked.resource_type)
    error = state if isinstance(state, ItemError) else None
    nobody = SubjectState(complete_at=snapshot.complete_at, watermark=snapshot.watermark)
    known = nobody if isinstance(state, ItemError) else state
    return Found(
        decision=reach(snapshot.policy, register, known, question, at, is_nobody=error is not None),
        question=question,
        policy=snapshot.policy,
        register=register,
        state=known,
        at=at,
        error=error,
    )


def reach(
    policy: CompiledPolicy,
    register: Register,
    state: SubjectState,
    question: Question,
    at: datetime,
    *,
    is_nobody: bool,
) -> Decision:
    """Return the decision; `is_nobody` if the subject could not even be looked for."""
    if not is_nobody:
        return decide(policy, register, state, question, at)
    return decide_nobody(
        policy, register, question, at, complete_at=state.complete_at, watermark=state.watermark
    )
