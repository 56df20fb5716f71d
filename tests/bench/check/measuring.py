"""`./dev bench check`: our servers and libraries beside their peers', in one run.

`ACCORDANT_BENCH_PEOPLE` says how many people there are.
"""

import os
import sys
from collections.abc import Sequence

from tests.bench.check import local, memory, ours, withdrawals
from tests.bench.check.driving import Measured, drive, probe
from tests.bench.check.framing import UnexpectedAnswer
from tests.bench.check.kept import kept_copy, kept_world
from tests.bench.check.peers import cedar, opa
from tests.bench.check.peers.cerbos import Cerbos
from tests.bench.check.peers.valkey import Valkey
from tests.bench.check.rows import local_rows, missing, served_rows
from tests.bench.check.targets import Running, Target, TargetMissing
from tests.bench.check.world import make_key
from tests.bench.report import Figure
from tests.bench.sequencer import sequencer_beside, wait_until_signed

PEOPLE = int(os.environ.get("ACCORDANT_BENCH_PEOPLE", "100000"))
LOCAL_QUESTIONS = 1_000

Served = dict[tuple[str, str], list[Measured]]
"""By target and load."""


def measure() -> Sequence[Figure]:
    """Return what a check costs: ours and the peers', over a connection and in process."""
    with kept_world(PEOPLE):
        key = _make_key()
        targets: list[Target] = [
            ours.CheckServer(PEOPLE, key),
            ours.DjangoViews(PEOPLE, key),
            Cerbos(PEOPLE),
            Valkey(PEOPLE),
        ]
        served, notes = _measure_targets(targets)
        decided = dict(local.measure(PEOPLE, LOCAL_QUESTIONS))
    decided |= _measure_libraries(notes)
    return [*served_rows(served), *local_rows(decided), *measure_withdrawals(), *memory.measure(), *notes]


def measure_withdrawals() -> list[Figure]:
    """Return how soon a withdrawal is denied, on a copy of the kept world."""
    _tell("withdrawals, each looked for at the check server")
    with kept_copy(PEOPLE):
        return list(withdrawals.measure(PEOPLE, make_key()))


def _make_key() -> str:
    """Return a new key. That it was made is an event: one without a place would make every store stale."""
    with sequencer_beside():
        key = make_key()
        wait_until_signed()
    return key


def _measure_targets(targets: Sequence[Target]) -> tuple[Served, list[Figure]]:
    served: Served = {}
    notes: list[Figure] = []
    for target in targets:
        _tell(f"{target.name}: {target.configured}")
        try:
            with target.start() as running:
                _measure_loads(target, running, served, notes)
        except TargetMissing as reason:
            notes.append(missing(target.name, str(reason)))
    return served, notes


def _measure_loads(target: Target, running: Running, served: Served, notes: list[Figure]) -> None:
    for load in target.loads():
        try:
            probe(running, load)
        except UnexpectedAnswer as answer:
            notes.append(missing(f"{target.name}, {load.name}", f"it answers {answer.args[0][:40]!r}"))
            continue
        measured = served[target.name, load.name] = drive(running, load)
        for one in measured:
            _tell(
                f"  {load.name}, {one.connections} connections: {one.cpu * 1e6:.1f} µs of processor a check"
            )


def _measure_libraries(notes: list[Figure]) -> dict[str, float]:
    decided = {}
    for library in [
        *opa.list_libraries(PEOPLE, LOCAL_QUESTIONS),
        *cedar.list_libraries(PEOPLE, LOCAL_QUESTIONS),
    ]:
        _tell(f"{library.title}: {library.requirement}")
        try:
            decided[library.title] = library.measure()
        except TargetMissing as reason:
            notes.append(missing(library.title, str(reason)))
    return decided


def _tell(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
