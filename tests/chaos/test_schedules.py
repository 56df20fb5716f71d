"""Writers while the sequencer, PostgreSQL's backends and the whole server are killed at random.

Acknowledged writes lost: 0. Doubled: 0. Order per subject kept. No forked checkpoints.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.plans import Blow, make_plan
from tests.chaos.schedules import Schedule

pytestmark = pytest.mark.xdist_group("chaos")

SHORT, LONG = 32, 1000
SEEDS = [
    *(pytest.param(seed, id=f"seed-{seed}") for seed in range(SHORT)),
    *(pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.long) for seed in range(SHORT, LONG)),
]


@pytest.fixture(scope="module")
def happened() -> Iterator[Counter[str]]:
    """What was done in all schedules: each kind of blow must have been."""
    counted: Counter[str] = Counter()
    yield counted
    if counted["schedules"] >= SHORT:
        assert [blow for blow in (*Blow.__members__, "sequencer", "writer") if not counted[blow]] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_acknowledged_is_lost_doubled_or_out_of_order(
    cluster: Cluster, tmp_path: Path, happened: Counter[str], seed: int
) -> None:
    plan = make_plan(seed)
    schedule = Schedule(cluster, plan, tmp_path, happened=happened)

    sys.stdout.write(plan.tell())  # shown when it fails
    faults = schedule.find_faults()

    happened["schedules"] += 1
    assert faults == []
