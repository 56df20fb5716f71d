"""Every step of a request ends once, or shows that it is stuck, while all that carries it out is killed.

60 requests at two systems, which answer 503 or lose an answer now and then. What is killed: pool children,
workers, the beat, Valkey, PostgreSQL.
"""

import sys
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.pipeline.plans import DELIVERY, make_plan
from tests.chaos.steps.mutants import MUTANTS
from tests.chaos.steps.schedules import REQUESTS, Schedule

pytestmark = pytest.mark.xdist_group("chaos")

SEEDS = [
    pytest.param(1, id="seed-1"),
    *(pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.long) for seed in range(2, 8)),
]
FOUND_HERE = ["each attempt has another key", "the dead are forgotten"]
"""The others need two workers at one step at the very same time: test_step_mutants has them meet."""


def _run(schedule: Schedule) -> list[str]:
    sys.stdout.write(schedule.plan.tell())  # shown when it fails
    faults = schedule.find_faults()
    sys.stdout.write("\n".join(faults) + f"\n{dict(schedule.happened)}\n")
    return faults


@pytest.mark.parametrize("seed", SEEDS)
def test_every_step_ends_once(cluster: Cluster, tmp_path: Path, seed: int) -> None:
    schedule = Schedule(cluster, make_plan(seed, blows=8, of=REQUESTS), tmp_path)

    assert _run(schedule) == []
    assert [one for one in DELIVERY if not schedule.happened[one.name]] == []


@pytest.mark.long
@pytest.mark.parametrize("mutant", FOUND_HERE)
def test_a_planted_bug_is_found(cluster: Cluster, tmp_path: Path, mutant: str) -> None:
    plan = make_plan(1, blows=8, of=REQUESTS)

    assert mutant in MUTANTS
    assert _run(Schedule(cluster, plan, tmp_path, mutant=mutant, patience=20.0))
