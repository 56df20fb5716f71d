"""An import of strings whose process is killed goes on where it stopped, and records nothing twice."""

import os
import signal
import subprocess
import sys

import pytest

from consent.records import import_runs
from consent.records.models import ConsentRecord, ImportRun, RecordedSignal
from tests.signal_files import make_tc_line, run
from tests.signals_world import DAY, EVERYTHING, NOON, publish_policy

pytestmark = pytest.mark.django_db

LINES = [make_tc_line(f"person-{number}", *EVERYTHING, made_at=NOON - 3 * DAY) for number in range(6)]

_DYING = """
import sys
import django
django.setup()
from tests.databases import use_databases
use_databases(sys.argv[1])
from tests.integration.test_import_signals_killed import die
die(sys.argv[2])
"""


def die(point: str) -> None:
    """Import the lines, and kill this process within the second batch."""
    name = {"before the commit": "keep", "after the commit": "note_commit"}[point]
    whole, calls = getattr(import_runs.Attempt, name), 0

    def act_and_die(attempt: import_runs.Attempt) -> None:
        nonlocal calls
        whole(attempt)
        calls += 1
        if calls == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(import_runs.Attempt, name, act_and_die)
    run(*LINES, batch=2)


@pytest.mark.parametrize(
    ("point", "done"), [("before the commit", 2), pytest.param("after the commit", 4, marks=pytest.mark.long)]
)
def test_a_killed_import_goes_on_and_records_nothing_twice(
    committed_database: str, point: str, done: int
) -> None:
    publish_policy()
    died = subprocess.run(
        [sys.executable, "-c", _DYING, committed_database, point],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert (RecordedSignal.objects.count(), ImportRun.objects.get().accepted) == (done, done)

    report = run(*LINES, batch=2)

    assert report.signals is not None
    assert (report.accepted, report.signals.recorded, report.signals.repeated) == (6, 6, 0)
    assert RecordedSignal.objects.count() == 6
    assert ConsentRecord.objects.filter(choice="granted").count() == 12
