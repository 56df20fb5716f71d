"""Suppressions reach their destinations, once and in order, while all that carries them is killed at random.

600 of 150 people at a destination that honours keys, 120 at one that does not; both answer 503 or lose an
answer, each time in ten. What is killed: pool children, workers, the beat, Valkey, PostgreSQL.
"""

import sys
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.pipeline.mutants import MUTANTS
from tests.chaos.pipeline.outbox import KEYED, KEYLESS
from tests.chaos.pipeline.outcomes import Outcome, show
from tests.chaos.pipeline.plans import DELIVERY, SUPPRESSIONS, WORKERS_ONLY, make_plan
from tests.chaos.pipeline.schedules import LATE, PLAIN, Schedule, Way

pytestmark = pytest.mark.xdist_group("chaos")

SHORT, MANY = 8, 14
"""Blows: at least one of each kind."""
SEEDS = [
    pytest.param(1, id="seed-1"),
    *(pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.long) for seed in range(2, 12)),
]


SYMPTOMS = {
    "a parcel is formed anew at each attempt": "doubled",
    "a parcel is acknowledged before it is sent": "undelivered",
    "the order of a person's suppressions is forgotten": "out_of_order",
}
"""The figure at the destination that honours keys which tells of each planted bug."""
BITING = range(3, 8)
"""Seeds; chance decides which of them sees a bug, and the first nearly always does."""
LULL = 40.0
"""Seconds without progress after which what is left counts as lost."""


def _run(schedule: Schedule) -> dict[str, Outcome]:
    sys.stdout.write(schedule.plan.tell())  # shown when it fails
    outcomes = schedule.run()
    sys.stdout.write(show(outcomes) + f"{dict(schedule.happened)}\n")
    return outcomes


@pytest.mark.parametrize("seed", SEEDS)
def test_every_suppression_is_done_once_and_in_order(cluster: Cluster, tmp_path: Path, seed: int) -> None:
    schedule = Schedule(cluster, make_plan(seed, blows=SHORT if seed == 1 else MANY), tmp_path)

    outcomes = _run(schedule)

    keyed, keyless = outcomes[KEYED], outcomes[KEYLESS]
    assert keyed.planned == SUPPRESSIONS
    assert (keyed.undelivered, keyed.unacknowledged, keyed.out_of_order, keyed.doubled) == (0, 0, 0, 0)
    assert (keyless.undelivered, keyless.unacknowledged) == (0, 0)
    assert [one for one in DELIVERY if not schedule.happened[one.name]] == []
    assert keyed.changed_keys == keyless.changed_keys == keyed.complaints == keyless.complaints == 0


@pytest.mark.long
@pytest.mark.parametrize("way", [PLAIN, LATE], ids=lambda way: way.title)
def test_celery_alone_loses_some_when_workers_are_killed(cluster: Cluster, tmp_path: Path, way: Way) -> None:
    schedule = Schedule(cluster, make_plan(1, WORKERS_ONLY), tmp_path, way=way, patience=LULL)

    keyed = _run(schedule)[KEYED]

    assert keyed.undelivered
    assert keyed.out_of_order


def test_each_mutant_is_looked_for() -> None:
    assert SYMPTOMS.keys() == MUTANTS.keys() - {"fencing is ignored"}  # that one: test_pipeline_faults


@pytest.mark.long
@pytest.mark.parametrize(("mutant", "symptom"), SYMPTOMS.items(), ids=list(SYMPTOMS))
def test_a_planted_bug_is_found(cluster: Cluster, tmp_path: Path, mutant: str, symptom: str) -> None:
    assert any(_run_mutant(cluster, tmp_path, seed, mutant).row()[symptom] for seed in BITING)


def _run_mutant(cluster: Cluster, folder: Path, seed: int, mutant: str) -> Outcome:
    own = folder / str(seed)
    own.mkdir()
    plan = make_plan(seed, blows=SHORT)
    return _run(Schedule(cluster, plan, own, mutant=mutant, patience=LULL))[KEYED]
