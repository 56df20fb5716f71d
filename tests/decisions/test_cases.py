"""The decision cases: one YAML file a theme; each case changes the base world and says what comes of it."""

from dataclasses import asdict
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from activation.decisions.types import Decision
from tests.decisions.world import BASE, HERE, World, answer, load, patched

SUITES = sorted(path.relative_to(HERE).as_posix() for path in (HERE / "cases").glob("*.yaml"))


def world_of(suite: dict[str, Any], case: dict[str, Any]) -> World:
    world: World = patched(patched(BASE, suite.get("given", {})), case.get("given", {}))
    return world


CASES: dict[str, tuple[World, dict[str, Any]]] = {
    f"{name.removesuffix('.yaml')}: {case['name']}": (world_of(suite, case), case["expect"])
    for name in SUITES
    for suite in [load(name)]
    for case in suite["cases"]
}


def seen(decision: Decision) -> dict[str, Any]:
    return asdict(decision) | {"obligations": [asdict(obligation) for obligation in decision.obligations]}


def faults_in(world: World, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what differs from `expected`, by field: the value seen."""
    found = seen(answer(world))
    return {field: found[field] for field, value in expected.items() if found[field] != value}


@pytest.mark.parametrize(("world", "expected"), CASES.values(), ids=CASES)
def test_the_decision_is_as_the_case_says(world: World, expected: dict[str, Any]) -> None:
    assert not faults_in(world, expected)


@pytest.mark.parametrize("name", SUITES)
def test_every_suite_follows_the_published_schema(name: str) -> None:
    schema = load("case.schema.json")
    suite = load(name)

    assert not [error.message for error in Draft202012Validator(schema).iter_errors(suite)]
