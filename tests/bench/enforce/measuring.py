"""`enforce`: an audience decided and let leave, beside a bare semi-join of the same files.

Seconds are of processors, all of them together, each piece of work in a process of its own.
`ACCORDANT_BENCH_PEOPLE` says how many people there are, `ACCORDANT_BENCH_ROWS` how many rows.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.enforce.files import write_audience, write_people
from tests.bench.report import Figure

PEOPLE = int(os.environ.get("ACCORDANT_BENCH_PEOPLE", "200000"))
ROWS = int(os.environ.get("ACCORDANT_BENCH_ROWS", "400000"))
LOOPED = 20_000
"""Rows that the loop over rows is measured on."""


def measure() -> Sequence[Figure]:
    """Return what deciding, a whole run, its memory, its growth and the query's making cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_people(folder / "snapshots" / "people", PEOPLE)
        write_audience(folder / "audience.parquet", ROWS, PEOPLE)
        write_audience(folder / "tenth.parquet", ROWS // 10, PEOPLE)
        return list(_figures(folder))


def _figures(folder: Path) -> Iterator[Figure]:
    size = f"{ROWS:,} rows x 12, {PEOPLE:,} people x 8"
    semi = run("semi_join", folder)
    floor = f"bare DuckDB semi-join, {semi['cpu']:.1f} s"
    decided = run("decide", folder)
    yield _beside(f"decided and written, {size}", decided, semi, f"{floor}; aim: 1.5")
    whole = run("whole", folder)
    yield _beside(
        "the same with evidence, manifest and whom it sends, sealed", whole, semi, f"{floor}; aim: 3"
    )
    yield Figure("peak memory of the whole run", whole["peak"] / 2**20, "MiB", "aim: 2048")
    tenth = run("whole", folder, "tenth.parquet")
    growth = (whole["cpu"] - tenth["cpu"]) / (0.9 * ROWS) * 1e6
    yield Figure("each row more", growth, "µs", f"{whole['cpu'] / ROWS * 1e6:.1f} µs a row in all")
    pure = run("pure", folder)
    yield Figure(
        "decisions alone, no rows read or written", pure["rows"] / pure["cpu"], "a CPU second", "aim: 3 M"
    )
    loop = run("loop", folder)
    ratio = (loop["cpu"] / loop["rows"]) / (decided["cpu"] / ROWS)
    yield Figure(
        "a loop over rows in Python", loop["rows"] / loop["cpu"], "rows a second", "aim: ours 10 x", ratio
    )
    compiled = run("compile", folder)
    yield Figure("the query made, 500 purposes", compiled["cpu"], "s", "aim: 1 s")


def _beside(name: str, ours: Mapping[str, float], floor: Mapping[str, float], told: str) -> Figure:
    return Figure(name, ours["cpu"], "CPU s", told, ours["cpu"] / floor["cpu"])


def run(what: str, folder: Path, audience: str = "audience.parquet") -> Mapping[str, float]:
    """Return what one piece of work took, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.enforce.work", what, str(folder), audience],
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
