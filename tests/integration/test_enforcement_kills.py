"""A run that is killed leaves nothing that looks finished, wherever it dies; the next run clears it up."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db import connection, connections

from activation.enforcement.files import OutputExists
from activation.enforcement.locks import OutputBusy, lock_key
from activation.enforcement.models import EnforcementRun
from activation.enforcement.services import signing_key
from activation.enforcement.types import RunStatus
from consent.verifier.manifests.verification import check_output, load_evidence, verify_signed
from tests.enforcement_world import list_events, list_names, make_world, run, write_csv

# Kills itself at the nth audit event of a kind on a path that matches: a real death, at a chosen step.
_DYING_RUN = """
import os, re, signal, sys
import django
django.setup()
from pathlib import Path
from tests.databases import use_databases
from tests.enforcement_world import run
folder, database, event, pattern, nth = sys.argv[1:6]
left = int(nth)
def die(name, arguments):
    global left
    if name == event and any(re.search(pattern, str(one)) for one in arguments):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
use_databases(database)
run(Path(folder), overwrite="overwrite" in sys.argv)
"""
FINISHED = ["audience.csv", "out.csv", "out.csv.evidence", "out.csv.manifest.json"]


class Death(NamedTuple):
    """Where a run dies: before the nth time that it does `event` to a path that matches `pattern`."""

    event: str
    pattern: str
    nth: int = 1


DEATHS = {
    "before the output is opened": Death("open", r"out\.csv\.[0-9a-f]{32}\.partial$"),
    "before the evidence is opened": Death("open", r"evidence\.[0-9a-f]{32}\.partial$"),
    "before the manifest is opened": Death("open", r"json\.[0-9a-f]{32}\.partial$"),
    "before the rename of who was sent": Death("os.rename", r"partial$", 1),
    "before the evidence's rename": Death("os.rename", r"partial$", 2),
    "before the manifest's rename": Death("os.rename", r"partial$", 3),
    "before the output's rename": Death("os.rename", r"partial$", 4),
}


def run_until_death(folder: Path, database: str, death: Death, *options: str) -> None:
    """Run in another process that kills itself at `death`, and wait until the server has noticed."""
    finished = subprocess.run(
        [sys.executable, "-c", _DYING_RUN, str(folder), database, *map(str, death), *options],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == -signal.SIGKILL, finished.stderr.decode()
    key = lock_key(str(folder / "out.csv"))
    with connection.cursor() as cursor:  # waits for the dead session to give its lock back
        cursor.execute("SELECT pg_advisory_lock(%s), pg_advisory_unlock(%s)", [key, key])


@pytest.mark.parametrize(
    "death",
    [
        # the others are among those of test_enforcement_walk, where a death costs less
        pytest.param(death, id=name, marks=[] if "manifest's rename" in name else pytest.mark.long)
        for name, death in DEATHS.items()
    ],
)
def test_a_killed_run_delivers_nothing_and_the_next_one_recovers(
    committed_database: str, tmp_path: Path, death: Death
) -> None:
    make_world()
    write_csv(tmp_path)

    run_until_death(tmp_path, committed_database, death)

    assert not (tmp_path / "out.csv").exists()
    dead = EnforcementRun.objects.get()
    assert dead.status == RunStatus.RUNNING

    result = run(tmp_path)

    dead.refresh_from_db()
    assert dead.status == RunStatus.ABANDONED
    assert [event["eventType"] for event in list_events(dead.pk)] == ["START", "ABORT"]
    assert list_names(tmp_path) == FINISHED
    assert_complete(result.output)


@pytest.mark.parametrize("nth", [2, *(pytest.param(nth, marks=pytest.mark.long) for nth in (1, 3))])
def test_a_run_killed_while_it_replaces_another_leaves_no_mixed_files(
    committed_database: str, tmp_path: Path, nth: int
) -> None:
    make_world()
    write_csv(tmp_path)
    run(tmp_path)

    run_until_death(tmp_path, committed_database, Death("os.rename", "out.csv", nth), "overwrite")

    assert not (tmp_path / "out.csv").exists()
    assert_complete(run(tmp_path, overwrite=True).output)


def test_a_run_killed_after_its_delivery_counts_as_completed(committed_database: str, tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    run_until_death(tmp_path, committed_database, Death("open", f"{tmp_path.name}$"))

    assert list_names(tmp_path) == FINISHED
    with pytest.raises(OutputExists):
        run(tmp_path)
    delivered = EnforcementRun.objects.get()
    assert delivered.status == RunStatus.COMPLETED
    assert [event["eventType"] for event in list_events(delivered.pk)] == ["START", "COMPLETE"]
    assert_complete(tmp_path / "out.csv")


def test_an_output_that_a_live_run_is_writing_is_not_taken_from_it(
    committed_database: str, tmp_path: Path
) -> None:
    make_world()
    write_csv(tmp_path)
    told: list[str] = []

    result = run(tmp_path, progress=lambda _: told.append(run_beside(tmp_path, "out.csv")))

    assert told == ["output_busy"]
    assert EnforcementRun.objects.get().pk == result.run_id
    assert_complete(result.output)


def test_a_live_run_is_not_taken_for_a_dead_one(committed_database: str, tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    told: list[str] = []

    result = run(tmp_path, progress=lambda _: told.append(run_beside(tmp_path, "other.csv")))

    assert told == ["completed"]
    assert_complete(result.output)
    assert_complete(tmp_path / "other.csv")


def run_beside(folder: Path, name: str) -> str:
    """Run on a connection of another thread, and return how it ended."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_run_and_close, folder, name).result(timeout=60)


def _run_and_close(folder: Path, name: str) -> str:
    try:
        run(folder, output_path=folder / name, overwrite=True)
    except OutputBusy as refusal:
        return refusal.code
    finally:
        connections.close_all()
    return "completed"


def assert_complete(output: Path) -> None:
    """Check that the output is whole, and its own evidence lies beside it."""
    manifest = verify_signed(
        output.with_name(f"{output.name}.manifest.json").read_bytes(), signing_key().verify_key
    )
    _, checks = load_evidence(manifest, output.with_name(f"{output.name}.evidence"))
    assert all(check.passed for check in [check_output(manifest, output), *checks])
