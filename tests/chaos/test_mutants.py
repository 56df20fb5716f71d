"""The schedules find planted bugs: each mutant breaks one promise of the ledger, and must be seen."""

from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.crew import GaveUp
from tests.chaos.mutants import MUTANTS
from tests.chaos.plans import make_plan
from tests.chaos.schedules import Schedule

pytestmark = pytest.mark.xdist_group("chaos")

SYMPTOMS = {
    "the queue is emptied and leaves are made in two transactions": "has no leaf",
    "the sequencer reads behind a cursor": "never got a place",
    "checkpoints are signed from memory": "leaves are not those that were signed",
    "a write's answer is kept apart from the write": "doubled",
    "commits are acknowledged before they are in the log": "is lost",
}
SEEDS = [4, 0, *range(5, 20)]
"""Chance decides which of these schedules sees a bug; the first two nearly always do."""
DRAINING_TAKES = 4.0
"""Seconds; a mutant that never finishes is found by that."""


def test_each_mutant_has_its_symptom() -> None:
    assert SYMPTOMS.keys() == MUTANTS.keys()


@pytest.mark.parametrize(("mutant", "symptom"), SYMPTOMS.items(), ids=list(SYMPTOMS))
def test_a_planted_bug_is_found(cluster: Cluster, tmp_path: Path, mutant: str, symptom: str) -> None:
    assert any(symptom in _run(cluster, tmp_path, mutant, seed) for seed in SEEDS)


def _run(cluster: Cluster, folder: Path, mutant: str, seed: int) -> str:
    """Return the faults that a schedule of processes with the bug leaves, in one text."""
    own = folder / str(seed)
    own.mkdir()
    schedule = Schedule(cluster, make_plan(seed), own, mutant=mutant, draining_takes=DRAINING_TAKES)
    try:
        return "\n".join(schedule.find_faults())
    except GaveUp as error:
        return str(error)
