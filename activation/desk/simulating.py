"""Deciding every question that a draft may answer otherwise, about one person after the other."""

from collections.abc import Container, Iterable, Iterator
from datetime import datetime

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.reasons import Reason
from activation.decisions.register import Register
from activation.decisions.types import Question, SubjectState
from activation.decisions.view import View
from activation.desk.questions import list_questions
from activation.desk.reach import Likeness, Places, Reach
from activation.desk.tally import Tally
from activation.desk.types import UNKNOWN_PLACE, Change, Figures, QuestionCounts

Answer = tuple[Reason, Reason]
"""Why the policy before allows or denies, and why the draft does."""


class Simulation:
    """Two policies compared over people, who are added one by one and not kept."""

    def __init__(
        self, before: CompiledPolicy, after: CompiledPolicy, register: Register, at: datetime
    ) -> None:
        self._before, self._after, self._register, self._at = before, after, register, at
        self._asked = list_questions(before, after)
        self._reach = Reach(before, after, self._asked, at)
        self._likeness = Likeness(before, after, register, at)
        self._tally = Tally()

    def add(self, person: SubjectState) -> None:
        """Ask about the person whom `person` is the state of, all that may be answered otherwise."""
        self._tally.add(min(person.asked), list(self._find_changes(person)))

    def sum_up(self) -> Figures:
        """Return the figures of the people added so far."""
        touched = self._reach.touched
        return self._tally.sum_up(
            QuestionCounts(
                asked=len(self._asked),
                untouched=len(self._asked) - len(touched),
                with_conditions=self._reach.count_conditional(),
            )
        )

    def _find_changes(self, person: SubjectState) -> Iterator[Change]:
        named = {record.destination for member in person.members for record in member.choices}
        for controller in self._reach.controllers:
            places = find_places(person, controller, self._at)
            answers: dict[object, Answer] = {}
            for question in self._reach.list_reached(controller, places):
                before, after = self._answer(person, question, named, answers)
                if before is not after:
                    yield Change(
                        question=question,
                        jurisdiction=places[0] if places else UNKNOWN_PLACE,
                        before=before,
                        after=after,
                    )

    def _answer(
        self,
        person: SubjectState,
        question: Question,
        named: Container[str | None],
        answers: dict[object, Answer],
    ) -> Answer:
        """Return both answers, taken from `answers` where an alike question was asked about the person.

        A destination that the person named in a choice is like no other.
        """
        if question.destination in named:
            return self._ask(person, question)
        kind = (question.purpose, self._likeness.kind_of(question.purpose, question.destination))
        if kind not in answers:
            answers[kind] = self._ask(person, question)
        return answers[kind]

    def _ask(self, person: SubjectState, question: Question) -> Answer:
        return self._decide(self._before, person, question), self._decide(self._after, person, question)

    def _decide(self, policy: CompiledPolicy, person: SubjectState, question: Question) -> Reason:
        return decide(policy, self._register, person, question, self._at).reason


def simulate(
    before: CompiledPolicy,
    after: CompiledPolicy,
    register: Register,
    people: Iterable[SubjectState],
    at: datetime,
) -> Figures:
    """Return what would change for `people` if `after` decided instead of `before` at `at`.

    Each of `people` is one person, and asked about by at least one reference. Nothing of a person is kept
    but what a sample shows: a pseudonym.
    """
    simulation = Simulation(before, after, register, at)
    for person in people:
        simulation.add(person)
    return simulation.sum_up()


def find_places(person: SubjectState, controller: str, at: datetime) -> Places:
    """Return the jurisdictions that count for a person towards `controller`, in the order of decisions."""
    return tuple(
        View(person, Question(purpose="", destination="", controller=controller), at, at).jurisdictions
    )
