"""Who withdraws is taken out, and nobody else, while everything between the two is killed at random.

Killed: the sequencer, the follower of the feed, the worker and its children, the beat, Valkey, PostgreSQL.
"""

import sys
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.pipeline.plans import Blow, make_plan
from tests.chaos.pipeline.whole_way import WITHDRAWING, Left, WholeWay

pytestmark = pytest.mark.xdist_group("chaos")

SEEDS = [
    pytest.param(1, id="seed-1"),
    *(pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.long) for seed in range(2, 12)),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_who_withdrew_is_taken_out_and_nobody_else(
    cluster: Cluster, tmp_path: Path, seed: int
) -> None:
    plan = make_plan(seed, tuple(Blow), blows=10, of=WITHDRAWING)
    way = WholeWay(cluster, plan, tmp_path)

    sys.stdout.write(plan.tell())  # shown when it fails
    left = way.run()
    sys.stdout.write(f"{dict(way.happened)}\n")

    assert left == Left([], [], [], [], waiting=0, doubled=0)
