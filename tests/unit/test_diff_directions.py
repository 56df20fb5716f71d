"""A comparison's directions are held against the engine: what it promises must be true of every answer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from consent.policies.diff import (
    destination_entries,
    notice_entries,
    orders,
    people,
    place_entries,
    property_entries,
    purpose_entries,
    rule_fields,
    scope,
)
from consent.policies.diff.comparing import compare
from consent.policies.diff.types import Direction, Effect
from tests.diff_world import Trial, list_trials

pytestmark = pytest.mark.xdist_group("directions")  # the engine's answers are worked out once
NARROWER, WIDER, WORDING = Direction.NARROWER, Direction.WIDER, Direction.WORDING
OPPOSITE = {NARROWER: WIDER, WIDER: NARROWER}
MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {}


def broken_promises(trials: list[Trial]) -> Iterator[str]:
    """Yield each edit, done and undone, of which the comparison promises what the engine does not keep."""
    for trial in trials:
        seen = trial.observed
        for before, after, widened, narrowed in (
            (trial.before, trial.after, seen.widened, seen.narrowed),
            (trial.after, trial.before, seen.narrowed, seen.widened),
        ):
            direction = compare(before, after).direction
            if (widened and direction in {NARROWER, WORDING}) or (narrowed and direction in {WIDER, WORDING}):
                yield f"{trial.name}: {direction}, but it {'widens' if widened else 'narrows'}"


def test_what_is_only_narrower_allows_nothing_new_and_what_is_only_wider_denies_nothing_new() -> None:
    trials = list_trials()

    assert list(broken_promises(trials)) == []
    assert sum(trial.observed.widened for trial in trials) > 100
    assert sum(trial.observed.narrowed for trial in trials) > 100


@pytest.mark.long
def test_no_edit_at_all_breaks_a_promise() -> None:
    assert list(broken_promises(list_trials(is_long=True))) == []


def test_a_direction_is_given_wherever_the_engine_goes_one_way_only() -> None:
    """A comparison that called everything unclear would break no promise, and be of no use."""
    one_way = [trial for trial in list_trials() if trial.observed.widened != trial.observed.narrowed]
    told = [trial for trial in one_way if compare(trial.before, trial.after).direction in {NARROWER, WIDER}]

    assert len(told) > 0.6 * len(one_way)


def mutant(name: str) -> Callable[[Callable[[pytest.MonkeyPatch], None]], None]:
    def register(plant: Callable[[pytest.MonkeyPatch], None]) -> None:
        MUTANTS[name] = plant

    return register


def flipped(function: Callable[..., Direction]) -> Callable[..., Direction]:
    def flip(*arguments: Any) -> Direction:
        direction = function(*arguments)
        return OPPOSITE.get(direction, direction)

    return flip


def fields_with(name: str, function: Callable[[Any], Direction]) -> dict[str, Callable[[Any], Direction]]:
    return {**rule_fields.FIELDS, name: function}


for _field in (
    "basis", "direct_marketing", "validity", "notice", "age", "data_categories", "transfer_countries",
    "conditions", "signals", "unknown_subject", "survives_erasure", "survives_restriction", "obligations",
):  # fmt: skip
    MUTANTS[f"{_field} the other way round"] = lambda patch, name=_field: patch.setattr(  # type: ignore[misc]
        rule_fields, "FIELDS", fields_with(name, flipped(rule_fields.FIELDS[name]))
    )
    MUTANTS[f"{_field} as wording"] = lambda patch, name=_field: patch.setattr(  # type: ignore[misc]
        rule_fields, "FIELDS", fields_with(name, lambda _: WORDING)
    )


@mutant("a special category needs nothing")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rule_fields, "_explicit", lambda _: WORDING)


@mutant("a guardian's yes is as good as their own")
def _(patch: pytest.MonkeyPatch) -> None:
    old = people.terms_at
    patch.setattr(
        people,
        "terms_at",
        lambda rule, age: (
            people.Terms(2, "a yes") if people.effect_at(rule, age) == "guardian" else old(rule, age)
        ),
    )


@mutant("double opt-in only narrows")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rule_fields, "asks_for_a_yes", lambda _: False)


@mutant("what no rule covered counts as allowed")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scope, "direction_of_terms", lambda old, new, _: WORDING if old and new else NARROWER)


@mutant("places are forgotten")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scope.Stage, "_in_places", lambda *_: iter(()))


@mutant("groups do not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(place_entries, "_direction_of_groups", lambda *_: WORDING)


@mutant("a list that asks is taken for one that permits")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(orders, "by_restriction", orders.by_inclusion)


@mutant("questions that name no data are forgotten")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(destination_entries, "_unnamed", lambda _: iter(()))


@mutant("what is registered does not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(property_entries, "by_permission_level", lambda *_: WORDING)


@mutant("what is registered goes the other way round")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(property_entries, "by_permission_level", flipped(orders.by_permission_level))


@mutant("what is not registered is as good as met")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(property_entries, "_UNKNOWN", property_entries._MET)


@mutant("the list of a property's values does not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(property_entries, "_by_values", lambda *_: WORDING)


@mutant("the list of a property's values the other way round")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(property_entries, "_by_values", flipped(property_entries._by_values))


@mutant("a recipient's country does not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    old = destination_entries._country
    patch.setattr(
        destination_entries,
        "_country",
        lambda *arguments: Effect(WORDING, old(*arguments).words),
    )


@mutant("a third party is as good as a processor")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(destination_entries, "_role", lambda _: Effect(WORDING, ""))


@mutant("recipients of a notice do not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(notice_entries, "_recipients", lambda *_: iter(()))


@mutant("a purpose's status does not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purpose_entries, "_status", lambda _: Effect(WORDING, ""))


@mutant("required purposes do not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purpose_entries, "_requires", lambda *_: iter(()))


@mutant("signals to a purpose do not matter")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purpose_entries, "_signals", lambda *_: Effect(WORDING, ""))


def test_every_wrong_direction_is_caught() -> None:
    """Each mutant gets one direction wrong; the promises it breaks must show."""
    trials, survivors = list_trials(), []
    for name, plant in MUTANTS.items():
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            if next(broken_promises(trials), None) is None:
                survivors.append(name)

    assert survivors == []
