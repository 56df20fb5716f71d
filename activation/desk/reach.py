"""Which questions the difference between two policies can reach, and which it cannot.

`decide` is a pure function. Where all that it may look at is the same in both policies, so is its answer;
such a question need not be asked. What it may look at is said here once, row by row of the decision table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from activation.decisions.compiled import EVERYWHERE, CompiledPolicy, Rule
from activation.decisions.register import Register
from activation.decisions.types import Question

_KEPT = 65_536
"""Comparisons remembered of purposes in places: people live in the same few."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What of a person tells which rules can bear on them."""

    places: tuple[str, ...]
    """Their jurisdictions, in the order in which decisions look at them; empty if none is known."""
    is_open: bool
    """On record, not erased, and nothing restricted: rows 5 and 6 pass, whatever the rules."""


class Likeness:
    """Which questions have one answer about whoever never named a destination in a choice.

    A destination bears on an answer by its entries and its recipients in the notices, by the register, and
    by choices that name it. Where the first two are alike, only the last can tell two destinations apart.
    """

    def __init__(
        self, before: CompiledPolicy, after: CompiledPolicy, register: Register, at: datetime
    ) -> None:
        self._policies, self._register, self._at = (before, after), register, at
        self._kind_of = cache(self._tell_kind)

    def group(self, questions: Iterable[Question]) -> list[tuple[Question, ...]]:
        """Return `questions` by what has one answer."""
        groups: defaultdict[object, list[Question]] = defaultdict(list)
        for one in questions:
            groups[one.purpose, one.controller, self._kind_of(one.purpose, one.destination)].append(one)
        return [tuple(group) for group in groups.values()]

    def _tell_kind(self, purpose: str, destination: str) -> object:
        entry, at = self._register.get(destination), self._at
        is_known = entry is not None and entry.registered_at <= at
        return (
            is_known,
            entry is not None and entry.is_suspended(at),
            entry.tcf if entry is not None else None,  # an allow owes what it says of strings
            *(at_destination(policy, purpose, destination) for policy in self._policies),
        )


class Reach:
    """Which of `questions` may be answered otherwise by `after` than by `before`, both asked at `at`."""

    def __init__(
        self, before: CompiledPolicy, after: CompiledPolicy, questions: Sequence[Question], at: datetime
    ) -> None:
        self._before, self._after = before, after
        self._holding = {holds_at(before, at), holds_at(after, at)}
        self._differ_at = cache(self._compare_at)
        self._differ_anywhere = cache(self._compare_anywhere)
        self._differ_in = lru_cache(_KEPT)(self._compare_in)
        self.touched = [one for one in questions if self._touches(one)]
        """Those that may be answered otherwise about anybody, in the order given."""
        self.controllers = list(dict.fromkeys(one.controller for one in self.touched))

    def count_conditional(self) -> int:
        """Return how many of `touched` rest on a rule that asks for properties of the request."""
        return sum(
            _asks_for_properties(self._before, one) or _asks_for_properties(self._after, one)
            for one in self.touched
        )

    def list_reached(self, controller: str, situation: Situation) -> list[Question]:
        """Return those for `controller` that may be answered otherwise about a person in `situation`."""
        return [
            one
            for one in self.touched
            if one.controller == controller
            and (
                len(self._holding) > 1
                or self._differ_at(one.purpose, one.destination)
                or self._differ_in(one.purpose, controller, situation)
            )
        ]

    def _touches(self, question: Question) -> bool:
        if len(self._holding) > 1:  # just one of them can decide anything
            return True
        return True in self._holding and (
            self._differ_at(question.purpose, question.destination)
            or self._differ_anywhere(question.purpose, question.controller)
        )

    def _compare_at(self, purpose: str, destination: str) -> bool:
        return at_destination(self._before, purpose, destination) != at_destination(
            self._after, purpose, destination
        )

    def _compare_anywhere(self, purpose: str, controller: str) -> bool:
        return anywhere(self._before, purpose, controller) != anywhere(self._after, purpose, controller)

    def _compare_in(self, purpose: str, controller: str, situation: Situation) -> bool:
        return in_situation(self._before, purpose, controller, situation) != in_situation(
            self._after, purpose, controller, situation
        )


def holds_at(policy: CompiledPolicy, at: datetime) -> bool:
    """Return whether `policy` can decide anything at `at` (row 1)."""
    until = policy.in_force_until
    return policy.intact and policy.in_force_from <= at and (until is None or at < until)


def closure_of(policy: CompiledPolicy, purpose: str) -> frozenset[str]:
    """Return `purpose` and all that it requires, directly or not (row 2)."""
    found: set[str] = set()
    left = [purpose]
    while left:
        slug = left.pop()
        if slug not in found:
            found.add(slug)
            entry = policy.purposes.get(slug)
            left.extend(entry.requires if entry else ())
    return frozenset(found)


def at_destination(policy: CompiledPolicy, purpose: str, destination: str) -> object:
    """Return what rows 3, 10, 11, 12 and 14 may look at. None: row 3 denies.

    Row 11 is asked about all that the destination may receive, as a simulation asks.
    """
    entry = policy.destinations.get(destination)
    if entry is None or purpose not in entry.purposes:
        return None
    naming = frozenset(shown for shown, named in policy.recipients.items() if destination in named)
    return (
        frozenset(policy.chain(entry.country)),
        entry.data_categories,
        entry.data_categories & policy.special_categories,
        entry.third_party,
        naming if entry.third_party else None,
        frozenset((name, type(value), value) for name, value in entry.properties.items()),
    )


def anywhere(policy: CompiledPolicy, purpose: str, controller: str) -> object:
    """Return what rows 2 and 5 to 17 may look at of the purpose and all it requires, of anybody."""
    closure = closure_of(policy, purpose)
    used = {code for slug in closure for code in policy.rules_for(slug, controller)}
    groups = {
        country: tuple(code for code in codes if code in used) for country, codes in policy.groups.items()
    }
    return (
        {slug: (policy.purposes.get(slug), _in_order(policy, slug, controller)) for slug in closure},
        tuple(policy.establishments.get(controller, ())),
        {country: codes for country, codes in groups.items() if codes},
    )


def in_situation(policy: CompiledPolicy, purpose: str, controller: str, situation: Situation) -> object:
    """Return what those rows may look at of a person in `situation`."""
    return {
        slug: (policy.purposes.get(slug), _applicable(policy, slug, controller, situation))
        for slug in closure_of(policy, purpose)
    }


def _applicable(policy: CompiledPolicy, purpose: str, controller: str, situation: Situation) -> object:
    """Return the rules that must all allow, in the order in which `Case.applicable` finds them.

    None: row 7 denies whatever they say, since no place is known and no rule holds everywhere.
    """
    rules = policy.rules_for(purpose, controller)
    if not situation.places:
        bears = EVERYWHERE in rules or not situation.is_open
        return _in_order(policy, purpose, controller) if bears else None
    codes = dict.fromkeys([*situation.places, *policy.establishments.get(controller, ())])
    return tuple(
        (code, next((rules[step] for step in policy.chain(code) if step in rules), None)) for code in codes
    )


def _asks_for_properties(policy: CompiledPolicy, question: Question) -> bool:
    """Return whether a rule looks at a property that is not registered, and that no simulation sends."""
    destination = policy.destinations.get(question.destination)
    registered = destination.properties if destination else {}
    return any(
        condition.property not in registered
        for slug in closure_of(policy, question.purpose)
        for rule in policy.rules_for(slug, question.controller).values()
        for condition in rule.conditions
    )


def _in_order(policy: CompiledPolicy, purpose: str, controller: str) -> tuple[tuple[str, Rule], ...]:
    return tuple(policy.rules_for(purpose, controller).items())
