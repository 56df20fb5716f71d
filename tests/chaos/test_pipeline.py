"""Suppressions reach their destinations, once and in order, while all that carries them is killed at random.

600 of 150 people at a destination that honours keys, 120 at one that does not; both answer 503 or lose an
answer, each time in ten. What is killed: pool children, workers, the beat, Valkey, PostgreSQL.
"""

import sys
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.pipeline.outbox import KEYED, KEYLESS
from tests.chaos.pipeline.outcomes import show
from tests.chaos.pipeline.plans import SUPPRESSIONS, Blow, make_plan
from tests.chaos.pipeline.schedules import Schedule

pytestmark = pytest.mark.xdist_group("chaos")

SEEDS = [
    pytest.param(1, id="seed-1"),
    *(pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.long) for seed in range(2, 12)),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_suppression_is_done_once_and_in_order(cluster: Cluster, tmp_path: Path, seed: int) -> None:
    schedule = Schedule(cluster, make_plan(seed), tmp_path)

    sys.stdout.write(schedule.plan.tell())  # shown when it fails
    outcomes = schedule.run()
    sys.stdout.write(show(outcomes) + f"{dict(schedule.happened)}\n")

    keyed, keyless = outcomes[KEYED], outcomes[KEYLESS]
    assert keyed.planned == SUPPRESSIONS
    assert (keyed.undelivered, keyed.unacknowledged, keyed.out_of_order, keyed.doubled) == (0, 0, 0, 0)
    assert (keyless.undelivered, keyless.unacknowledged) == (0, 0)
    assert [one for one in Blow if not schedule.happened[one.name]] == []
    assert keyed.changed_keys == keyless.changed_keys == keyed.complaints == keyless.complaints == 0
