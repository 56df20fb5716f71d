"""Deciding every question that a draft may answer otherwise, about one person after the other."""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.reasons import Reason
from activation.decisions.register import Register
from activation.decisions.types import Question, SubjectState
from activation.decisions.view import View
from activation.desk.questions import list_questions
from activation.desk.reach import Likeness, Reach, Situation
from activation.desk.tally import Tally
from activation.desk.types import UNKNOWN_PLACE, Change, Figures, QuestionCounts
from consent.subjects.types import FactName

_SITUATIONS_KEPT = 1024
"""Situations for which it is remembered what to ask: most people are in the same few."""

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
        self._groups = lru_cache(_SITUATIONS_KEPT)(self._list_groups)
        self._tally = Tally()

    def add(self, person: SubjectState) -> None:
        """Ask about the person whom `person` is the state of, all that may be answered otherwise."""
        changes = sorted(self._find_changes(person), key=_place)
        self._tally.add(min(person.asked), changes)

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
        named = frozenset(record.destination for member in person.members for record in member.choices)
        for controller in self._reach.controllers:
            situation = find_situation(person, controller, self._at)
            place = next(iter(situation.places), UNKNOWN_PLACE)
            for group in self._groups(controller, situation):
                for question, (before, after) in self._turn(person, group, named):
                    yield Change(question=question, jurisdiction=place, before=before, after=after)

    def _list_groups(self, controller: str, situation: Situation) -> list[tuple[Question, ...]]:
        return self._likeness.group(self._reach.list_reached(controller, situation))

    def _turn(
        self, person: SubjectState, group: Sequence[Question], named: Container[str | None]
    ) -> Iterator[tuple[Question, Answer]]:
        """Yield those of a group of alike questions that are answered otherwise, with both answers.

        A destination that the person named in a choice is like no other. For the rest, one is asked.
        """
        alike = [one for one in group if one.destination not in named]
        own = [one for one in group if one.destination in named]
        for asked, meant in [*([(alike[0], alike)] if alike else []), *((one, [one]) for one in own)]:
            answer = self._ask(person, asked)
            if answer[0] is not answer[1]:
                yield from ((question, answer) for question in meant)

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


def _place(change: Change) -> tuple[str, str, str]:
    question = change.question
    return question.purpose, question.destination, question.controller


def find_situation(person: SubjectState, controller: str, at: datetime) -> Situation:
    """Return which rules can bear on a person towards `controller`."""
    view = View(person, Question(purpose="", destination="", controller=controller), at, at)
    is_open = bool(view.members) and not view.is_erased and not view.facts_of(FactName.RESTRICTED)
    return Situation(tuple(view.jurisdictions), is_open)
