"""Deciding every question that a draft may answer otherwise, about one person after the other."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.register import Register
from activation.decisions.types import NOT_HONOURED, Decision, Obligation, Question, SubjectState
from activation.decisions.view import View
from activation.desk.questions import list_questions
from activation.desk.reach import Likeness, Reach, Situation
from activation.desk.tally import Tally
from activation.desk.types import UNKNOWN_PLACE, Change, Figures, QuestionCounts
from activation.enforcement.strings.lacking import Answer, owes_string
from consent.subjects.types import FactName, SubjectRef

_SITUATIONS_KEPT = 1024
"""Situations for which it is remembered what to ask: most people are in the same few."""

_LOOKED_UP_AT_ONCE = 500
"""People who wait to have their strings looked up."""

Lacking = Callable[[Sequence[Answer]], Sequence[bool]]
"""Tells of each answer whether it is an allow whose person lacks a string that it owes."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """One question, what the policy before answers, and what the draft does."""

    question: Question
    place: str
    decisions: tuple[Decision, Decision]


def nobody_lacks(answers: Sequence[Answer]) -> Sequence[bool]:
    """Return that nobody lacks a string: for those who compare decisions alone."""
    return [False] * len(answers)


class Simulation:
    """Two policies compared over people, who are added one by one and not kept."""

    def __init__(
        self,
        before: CompiledPolicy,
        after: CompiledPolicy,
        register: Register,
        at: datetime,
        lacking: Lacking = nobody_lacks,
    ) -> None:
        """Take what is compared. Whoever is `lacking` a string counts as denied, as a run says it."""
        self._before, self._after, self._register, self._at = before, after, register, at
        self._asked = list_questions(before, after)
        self._reach = Reach(before, after, self._asked, at)
        self._likeness = Likeness(before, after, register, at)
        self._groups = lru_cache(_SITUATIONS_KEPT)(self._list_groups)
        self._tally, self._lacking = Tally(), lacking
        self._waiting: list[tuple[SubjectState, list[_Pair]]] = []

    def add(self, person: SubjectState) -> None:
        """Ask about the person whom `person` is the state of, all that may be answered otherwise."""
        pairs = list(self._find_pairs(person))
        self._waiting.append((person, pairs))
        if len(self._waiting) >= _LOOKED_UP_AT_ONCE:
            self._settle()

    def sum_up(self) -> Figures:
        """Return the figures of the people added so far."""
        self._settle()
        touched = self._reach.touched
        return self._tally.sum_up(
            QuestionCounts(
                asked=len(self._asked),
                untouched=len(self._asked) - len(touched),
                with_conditions=self._reach.count_conditional(),
            )
        )

    def _settle(self) -> None:
        """Count those who wait, once it is known who of them lacks a string."""
        asked: dict[_Owed, Answer] = {}
        for number, (person, pairs) in enumerate(self._waiting):
            refs = frozenset(map(SubjectRef, person.asked))
            for pair in pairs:
                for one in filter(owes_string, pair.decisions):
                    controller = pair.question.controller
                    asked[number, controller, one.obligations] = Answer(one, refs, controller)
        found = zip(asked, self._lacking(list(asked.values())), strict=True)
        lacking = {owed for owed, lacks in found if lacks}
        for number, (person, pairs) in enumerate(self._waiting):
            changes = [change for pair in pairs if (change := _tell(pair, number, lacking))]
            self._tally.add(min(person.asked), sorted(changes, key=_place))
        self._waiting = []

    def _find_pairs(self, person: SubjectState) -> Iterator[_Pair]:
        named = frozenset(record.destination for member in person.members for record in member.choices)
        for controller in self._reach.controllers:
            situation = find_situation(person, controller, self._at)
            place = next(iter(situation.places), UNKNOWN_PLACE)
            for group in self._groups(controller, situation):
                for question, decisions in self._turn(person, group, named):
                    yield _Pair(question, place, decisions)

    def _list_groups(self, controller: str, situation: Situation) -> list[tuple[Question, ...]]:
        return self._likeness.group(self._reach.list_reached(controller, situation))

    def _turn(
        self, person: SubjectState, group: Sequence[Question], named: Container[str | None]
    ) -> Iterator[tuple[Question, tuple[Decision, Decision]]]:
        """Yield those of a group of alike questions that may be answered otherwise, with both answers.

        A destination that the person named in a choice is like no other. For the rest, one is asked.
        """
        alike = [one for one in group if one.destination not in named]
        own = [one for one in group if one.destination in named]
        for asked, meant in [*([(alike[0], alike)] if alike else []), *((one, [one]) for one in own)]:
            decisions = self._ask(person, asked)
            if _may_differ(*decisions):
                yield from ((question, decisions) for question in meant)

    def _ask(self, person: SubjectState, question: Question) -> tuple[Decision, Decision]:
        return self._decide(self._before, person, question), self._decide(self._after, person, question)

    def _decide(self, policy: CompiledPolicy, person: SubjectState, question: Question) -> Decision:
        return decide(policy, self._register, person, question, self._at)


_Owed = tuple[int, str, tuple[Obligation, ...]]
"""What is owed of one person's strings: which of those who wait, towards whom, under what obligations."""


def _may_differ(before: Decision, after: Decision) -> bool:
    """Return whether two answers differ, or may by a string that one of them owes and the other does not."""
    if before.reason is not after.reason:
        return True
    return before.obligations != after.obligations and (owes_string(before) or owes_string(after))


def _tell(pair: _Pair, number: int, lacking: Container[_Owed]) -> Change | None:
    """Return how the answers differ; None if they do not."""
    before, after = (
        NOT_HONOURED
        if (number, pair.question.controller, one.obligations) in lacking and owes_string(one)
        else one.reason.value
        for one in pair.decisions
    )
    if before == after:
        return None
    return Change(question=pair.question, jurisdiction=pair.place, before=before, after=after)


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
