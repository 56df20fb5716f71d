"""The cases must bite: each planted bug below is one that some case, pair or combination catches."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from activation.decisions import (
    case,
    compiled,
    conditions,
    engine,
    gates,
    obligations,
    policy_rows,
    rule_gates,
    standing,
    validity,
    view,
)
from activation.decisions.reasons import ALLOWING, Reason
from activation.decisions.rule_gates import ROWS
from consent.records.types import NO
from tests.decisions.test_cases import CASES, faults_in
from tests.decisions.test_precedence import FAULTS, PAIRS, speaking_of
from tests.decisions.world import BASE, answer, patched

Plant = Callable[[pytest.MonkeyPatch], object]


def is_caught() -> bool:
    """Return whether any case, fault or pair of faults now goes wrong, or the engine breaks."""
    try:
        return (
            any(faults_in(world, expected) for world, expected in CASES.values())
            or any(answer(patched(BASE, fault["given"])).reason != fault["reason"] for fault in FAULTS)
            or any(len(set(speaking_of(*pair))) > 1 for pair in PAIRS.values())
        )
    except Exception:  # noqa: BLE001 - an engine that breaks is caught too
        return True


def without_gate(name: str) -> Plant:
    return lambda patch: [
        patch.setattr(gates, rows, tuple(gate for gate in getattr(gates, rows) if gate.__name__ != name))
        for rows in ("BEFORE_REQUIRED", "AFTER_REQUIRED")
    ]


def without_row(row: Callable[..., Any]) -> Plant:
    return lambda patch: patch.setattr(rule_gates, "ROWS", tuple(other for other in ROWS if other is not row))


def with_rows_swapped(first: int) -> Plant:
    rows = [*ROWS]
    rows[first], rows[first + 1] = rows[first + 1], rows[first]
    return lambda patch: patch.setattr(rule_gates, "ROWS", tuple(rows))


def answering(owner: Any, name: str, value: Any) -> Plant:
    """A function or method that always answers `value`."""
    return lambda patch: patch.setattr(owner, name, lambda *_, **__: value)


def holding(owner: Any, name: str, value: Any) -> Plant:
    """A property or constant that always is `value`."""
    replacement = property(lambda _: value) if isinstance(owner, type) else value
    return lambda patch: patch.setattr(owner, name, replacement)


GATES = [
    "policy_in_force",
    "purpose_known",
    "destination_permitted",
    "state_fresh",
    "subject_open",
    "identity_clear",
]
RULE_ROWS = [row for row in ROWS if row.__name__ != "basis_holds"]  # it is the last: nothing follows it
MUTANTS: dict[str, Plant] = {
    **{f"row {name} is missing": without_gate(name) for name in GATES},
    **{f"row {row.__name__} is missing": without_row(row) for row in RULE_ROWS},
    **{f"rows {i} and {i + 1} are swapped": with_rows_swapped(i) for i in range(4)},
    "a no reaches only its own purpose": lambda p: p.setattr(standing, "covers", lambda a, b: a == b),
    "a no reaches every purpose that begins alike": lambda p: p.setattr(
        standing, "covers", lambda a, b: a == "*" or b.startswith(a)
    ),
    "any later yes lifts any no": answering(standing.Standing, "_reaches", True),
    "any yes lifts a no, earlier ones too": answering(standing.Standing, "_is_later", True),
    "ties go to yes": lambda p: p.setattr(
        standing.Standing, "_is_later", lambda _, yes, no: yes.effective_at >= no.effective_at
    ),
    "no yes ever lifts a no": answering(standing.Standing, "_lifts", False),
    "back-dating is not looked at": lambda p: p.setattr(
        standing.Standing, "_lifts", lambda self, yes, no: self._reaches(yes, no) and self._is_later(yes, no)
    ),
    "links need no time": lambda p: p.setattr(
        standing.Standing, "_is_later", lambda _, yes, no: yes.effective_at > no.effective_at
    ),
    "objections are always overruled": answering(standing.Standing, "_is_overruled", True),
    "objections are never overruled": answering(standing.Standing, "_is_overruled", False),
    "conflict notices always protect": answering(standing.Standing, "_was_confirmed_against", True),
    "conflict notices never protect": answering(standing.Standing, "_was_confirmed_against", False),
    "shared devices speak for everybody": answering(standing.Standing, "_is_of_other_users", False),
    "every request counts as confirmed": answering(standing.Standing, "_is_confirmed", True),
    "withdrawals void no confirmation": answering(standing.Standing, "own_noes", []),
    "invalidated grants count": answering(standing.Standing, "is_invalidated", False),
    "every basis heeds every no": answering(standing.Standing, "_honoured", NO),
    "no basis heeds a no": answering(standing.Standing, "_honoured", frozenset()),
    "grants never end": answering(rule_gates, "ends_at", None),
    "notices never age": answering(rule_gates, "_is_outdated", False),
    "every recipient is covered": answering(rule_gates, "_covers_recipient", True),
    "special categories are ordinary": answering(rule_gates, "_specially_permitted", True),
    "every condition is met": answering(rule_gates, "is_met", True),
    "what is sent hides what is registered": lambda p: p.setattr(
        rule_gates, "is_met", lambda one, sent, known: conditions.is_met(one, {**known, **sent})
    ),
    "what is registered hides what is sent": lambda p: p.setattr(
        rule_gates, "is_met", lambda one, sent, known: conditions.is_met(one, {**sent, **known})
    ),
    "what is registered is not looked at": lambda p: p.setattr(
        rule_gates, "is_met", lambda one, sent, _: conditions.is_met(one, sent)
    ),
    "either of sent and registered is enough": lambda p: p.setattr(
        rule_gates,
        "is_met",
        lambda one, sent, known: conditions.is_met(one, sent) or conditions.is_met(one, known),
    ),
    "a property of which nothing is known is met": lambda p: p.setattr(
        rule_gates,
        "is_met",
        lambda one, sent, known: one.property not in {*sent, *known} or conditions.is_met(one, sent, known),
    ),
    "a nought is nothing": lambda p: p.setattr(
        rule_gates,
        "is_met",
        lambda one, sent, known: conditions.is_met(
            one, sent, {name: value for name, value in known.items() if value}
        ),
    ),
    "required purposes look at nothing that is registered": lambda p: p.setattr(
        case.Case,
        "destination",
        property(
            lambda self: (
                None if self.is_requirement else self.policy.destinations.get(self.question.destination)
            )
        ),
    ),
    "declared types do not matter": lambda p: p.setattr(
        rule_gates,
        "is_met",
        lambda one, *known: conditions.is_met(replace(one, type=None, values=frozenset()), *known),
    ),
    "listed values do not matter": lambda p: p.setattr(
        rule_gates, "is_met", lambda one, *known: conditions.is_met(replace(one, values=frozenset()), *known)
    ),
    "true is one": lambda p: p.setattr(
        conditions,
        "type_of",
        lambda value, real=conditions.type_of: real(int(value) if value is True else value),
    ),
    "no age falls into a band": answering(case.Case, "age_band", None),
    "no birthday ends an answer": answering(view.View, "birthday_at", None),
    "birthdays count where they begin first": holding(view, "LAST_TIME_ZONE", -view.LAST_TIME_ZONE),
    "every answer holds for ever": answering(engine, "horizons", ()),
    "nobody is ambiguous": holding(view.View, "is_ambiguous", False),
    "nobody is erased": holding(view.View, "is_erased", False),
    "restriction is never looked at": answering(gates, "_is_restricted", False),
    "restriction is never reopened": lambda p: p.setattr(
        gates,
        "_is_restricted",
        lambda c: any(f.name == "restricted" and f.value == "yes" for m in c.view.members for f in m.facts),
    ),
    "links are for ever": lambda p: p.setattr(view, "_links_in_force", lambda state, *_: list(state.links)),
    "members speak without a link": lambda p: p.setattr(
        view, "_joined", lambda *_: frozenset({"p1", "p2", "p3", "phone", "tablet"})
    ),
    "facts never run out": lambda p: p.setattr(
        view,
        "_facts_in_force",
        lambda told, *_, real=view._facts_in_force: real([replace(f, until=None) for f in told], *_),
    ),
    "all jurisdictions are known": holding(case.Case, "is_resolved", True),
    "a rule for everywhere is always there": holding(case.Case, "has_rule_for_everywhere", True),
    "the first rule that allows is enough": lambda p: p.setattr(
        engine,
        "_try_rules",
        lambda c: [
            next(
                (
                    v
                    for f in c.applicable
                    for v in [rule_gates.try_rule(c, f.jurisdiction, f.rule)]
                    if v.reason in ALLOWING
                ),
                case.Verdict(reason=Reason.NO_RULE),
            )
        ],
    ),
    "required purposes are not looked at": answering(engine, "_required_denied", None),
    "required purposes are looked at only before": lambda p: p.setattr(
        engine,
        "_required_denied",
        lambda found, besides=None, real=engine._required_denied: real(found, besides) if besides else None,
    ),
    "required purposes do not bound the answer": lambda p: p.setattr(
        engine, "earliest", lambda *times, real=validity.earliest: real(*times[:1])
    ),
    "a country's rule is taken before its state's": lambda p: p.setattr(
        compiled.CompiledPolicy,
        "chain",
        lambda self, code: (code.partition("-")[0], code, *self.groups.get(code, ()), "*"),
    ),
    "a group's rule is taken before its member's": lambda p: p.setattr(
        compiled.CompiledPolicy,
        "chain",
        lambda self, code: (*self.groups.get(code, ()), code, code.partition("-")[0], "*"),
    ),
    "the rule for everywhere is taken before a group's": lambda p: p.setattr(
        compiled.CompiledPolicy,
        "chain",
        lambda self, code: (code, code.partition("-")[0], "*", *self.groups.get(code, ())),
    ),
    "a larger group's rule is taken before a smaller one's": lambda p: p.setattr(
        compiled.CompiledPolicy,
        "chain",
        lambda self, code: (code, code.partition("-")[0], *reversed(self.groups.get(code, ())), "*"),
    ),
    "every destination is permitted every purpose": answering(gates, "deny_destination", None),
    "data may go anywhere": answering(rule_gates, "permits_transfer", True),
    "every category is permitted": answering(rule_gates, "permits_categories", True),
    "rules that cannot be met together allow": lambda p: p.setattr(
        policy_rows, "combine", lambda rules: obligations.combine(list(rules)[:1])
    ),
    "obligations of one rule are enough": lambda p: p.setattr(
        engine, "combine", lambda rules, real=obligations.combine: real(list(rules)[:1])
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)

    assert is_caught()


def test_nothing_is_caught_where_no_bug_is_planted() -> None:
    assert not is_caught()
