"""Conditions on request properties: what is sent, what is registered, and what is neither."""

from itertools import product
from typing import Any

import pytest

from activation.decisions.compiled import Condition, PropertyType
from activation.decisions.conditions import find_refuted, is_met, type_of

STATUS, LEVEL, SOFT = "resource.status", "resource.level", "action.soft"
VALUES: list[Any] = ["active", "archived", "lost", "", 0, 1, 1.0, 2, 2.5, True, False]
NOTHING = object()
NOT_ARCHIVED = Condition(
    STATUS, "ne", "archived", PropertyType.TEXT, frozenset({"active", "archived", "deleted"})
)
CONDITIONS = [
    NOT_ARCHIVED,
    Condition(STATUS, "eq", "active", PropertyType.TEXT),
    Condition(STATUS, "in", ("active", "lost"), PropertyType.TEXT),
    Condition(LEVEL, "gte", 2, PropertyType.NUMBER),
    Condition(LEVEL, "ne", 1, PropertyType.NUMBER),
    Condition(SOFT, "eq", True, PropertyType.TRUTH),
    Condition(SOFT, "ne", False, PropertyType.TRUTH),
]


def known(name: str, value: Any) -> dict[str, Any]:
    return {} if value is NOTHING else {name: value}


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one.property} {one.operator}")
def test_both_are_held_where_both_are_known_and_one_where_one_is(condition: Condition) -> None:
    alone = {index: is_met(condition, known(condition.property, one)) for index, one in enumerate(VALUES)}

    assert True in alone.values()
    assert False in alone.values()
    for index, value in enumerate(VALUES):
        assert is_met(condition, {}, known(condition.property, value)) is alone[index]
    for (one, sent), (other, registered) in product(enumerate(VALUES), repeat=2):
        both = is_met(condition, known(condition.property, sent), known(condition.property, registered))
        assert both is (alone[one] and alone[other]), (sent, registered)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one.property} {one.operator}")
def test_of_which_nothing_is_known_is_not_met(condition: Condition) -> None:
    assert not is_met(condition, {}, {})
    assert not is_met(condition, {"resource.other": "active"}, {"resource.another": "active"})


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one.property} {one.operator}")
def test_what_was_sent_as_no_value_is_not_met_whatever_is_registered(condition: Condition) -> None:
    for registered in VALUES:
        assert not is_met(condition, {condition.property: None}, {condition.property: registered})


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one.property} {one.operator}")
def test_no_value_of_another_type_meets_a_condition(condition: Condition) -> None:
    others = [value for value in VALUES if type_of(value) is not condition.type]

    assert others
    assert not any(is_met(condition, {condition.property: value}) for value in others)


def test_a_value_that_is_not_listed_meets_no_condition_not_even_a_negated_one() -> None:
    assert is_met(NOT_ARCHIVED, {STATUS: "deleted"})
    assert not is_met(NOT_ARCHIVED, {STATUS: "lost"})


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one.property} {one.operator}")
def test_a_condition_is_refuted_if_no_request_can_meet_it(condition: Condition) -> None:
    for registered in [NOTHING, *VALUES]:
        on_record = known(condition.property, registered)
        meetable = any(
            is_met(condition, known(condition.property, sent), on_record) for sent in [NOTHING, *VALUES]
        )
        assert list(find_refuted([condition], on_record)) == ([] if meetable else [condition])
