"""The bulk query on Spark answers as the engine does, and lets leave what DuckDB lets leave."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from activation.decisions.types import SubjectState
from activation.snapshots.bulk import planning
from activation.snapshots.bulk.spark import Spark
from tests.decisions.bulk import Bulk, OnSpark, by_reference
from tests.decisions.lanes import is_about_now
from tests.decisions.test_bulk import random_differences
from tests.decisions.test_cases import CASES
from tests.decisions.test_lanes import renumbered
from tests.decisions.world import World, policy_of, question_of, register_of, state_of

pytestmark = pytest.mark.xdist_group("spark")

NOW_AND_LATER = (timedelta(0), timedelta(days=400))


@pytest.fixture
def spark(spark_session: SparkSession) -> OnSpark:
    return OnSpark(Spark(spark_session))


def groups_of(worlds: Iterable[World]) -> list[list[World]]:
    """Return worlds that differ in nothing but their one person, together: the query answers for all."""
    groups: dict[str, list[World]] = defaultdict(list)
    for world in worlds:
        state = state_of(world)
        if is_about_now(question_of(world), state) and len(state.asked) == len(state.members) == 1:
            key = repr((policy_of(world), register_of(world), question_of(world), world["at"]))
            groups[key].append(world)
    return list(groups.values())


def alone(world: World) -> SubjectState:
    state = state_of(world)
    return replace(state, complete_at=None, members=tuple(map(renumbered, state.members)))


def differences_in(worlds: Sequence[World], folder: Path, engine: OnSpark, later: timedelta) -> list[str]:
    """Return where the query differs from the engine on the people of worlds that are alike else."""
    world, at = worlds[0], worlds[0]["at"]
    assert isinstance(at, datetime)
    people = by_reference([alone(one) for one in worlds])
    bulk = Bulk(folder, policy_of(world), register_of(world), people, at)
    return bulk.differences(engine, question_of(world), at + later)


def all_groups() -> list[list[World]]:
    """Return the cases, the largest group first."""
    return sorted(groups_of(world for world, _ in CASES.values()), key=len, reverse=True)


def test_a_spread_of_cases_is_answered_alike(spark: OnSpark, tmp_path: Path) -> None:
    largest, *others = all_groups()
    spread = [largest, *others[::24]]

    for number, worlds in enumerate(spread):
        later = NOW_AND_LATER[number % 2]
        assert not differences_in(worlds, tmp_path, spark, later)[:1]


@pytest.mark.long
def test_every_case_is_answered_alike(spark: OnSpark, tmp_path: Path) -> None:
    for worlds in all_groups():
        for later in NOW_AND_LATER:
            assert not differences_in(worlds, tmp_path, spark, later)[:1]


def test_20_000_people_drawn_at_random_are_answered_alike(spark: OnSpark, tmp_path: Path) -> None:
    assert not random_differences(1, 20_000, tmp_path, spark)[:1]


@pytest.mark.long
def test_a_million_people_drawn_at_random_are_answered_alike(spark: OnSpark, tmp_path: Path) -> None:
    for seed in range(100, 150):
        assert not random_differences(seed, 20_000, tmp_path, spark)[:1]


def test_a_planted_bug_is_seen(spark: OnSpark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning.Plan, "_ends_of", lambda *_: (None, {}))

    assert random_differences(1, 300, tmp_path, spark)
