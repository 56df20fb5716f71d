"""An import is told of from its beginning to its end, whichever that is, once; never whose file it was."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from consent.records import import_runs
from consent.records.import_types import ImportReport
from consent.records.models import ConsentRecord, ImportRun
from consent.records.services import ImportInterrupted, import_rows
from lineage.leases.rows import from_now
from lineage.running import services as running
from lineage.running.models import OpenRun
from tests.lineage_told import list_runs, list_told, rows_of
from tests.records_world import JUNE_1, make_line, publish_policy

pytestmark = pytest.mark.django_db
JOB = "import_consents"

_DYING = """
import os, signal, sys
import django
django.setup()
from tests.databases import use_databases
from tests.integration.test_lineage_of_imports import run, make_lines
use_databases(sys.argv[1])
point, left = sys.argv[2], int(sys.argv[3])
from consent.records import import_runs, importing
if point == "batch":
    run(make_lines(6), progress=lambda lines: lines > left and os.kill(os.getpid(), signal.SIGKILL))
name, owner = {"keep": ("keep", import_runs.Attempt), "end": ("complete", import_runs.Attempt)}[point]
whole = getattr(owner, name)
def die(self):
    global left
    whole(self)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
setattr(owner, name, die)
run(make_lines(6))
"""


def make_lines(count: int) -> list[bytes]:
    return [make_line(f"person-{number}") for number in range(count)]


def run(lines: list[bytes], **options: object) -> ImportReport:
    given: dict[str, object] = {"batch": 2, **options}
    return import_rows(lines=lines, digest="d" * 64, source="anna_smith.csv", at=JUNE_1, **given)  # type: ignore[arg-type]


def fall_silent() -> None:
    OpenRun.objects.update(alive_until=from_now(-timedelta(seconds=1)))


def sweep() -> int:
    fall_silent()
    return running.close_dead_runs()


@pytest.fixture(autouse=True)
def _policy(request: pytest.FixtureRequest, db: None) -> None:
    if "committed_database" not in request.fixturenames:
        publish_policy()


def test_an_import_began_and_is_complete_with_what_went_in() -> None:
    run([*make_lines(3), b"{"])

    assert list(list_runs(JOB).values()) == [["START", "COMPLETE"]]
    start, complete = list_told(JOB)
    assert (start["job"]["name"], rows_of(start), rows_of(complete)) == ("import_consents.ndjson", 0, 3)
    [read] = complete["inputs"]
    assert (read["namespace"], read["name"]) == ("accordant://imports", "ndjson")
    assert read["inputFacets"]["inputStatistics"]["rowCount"] == 4
    assert not OpenRun.objects.exists()


def test_neither_the_files_name_nor_its_digest_is_told() -> None:
    run(make_lines(1))

    assert "anna" not in str(list_told(JOB))
    assert "d" * 64 not in str(list_told(JOB))


def test_a_dry_run_and_an_import_done_before_tell_nothing() -> None:
    run(make_lines(1), dry_run=True)
    assert list_runs(JOB) == {}
    run(make_lines(1))

    assert run(make_lines(1)).repeated

    assert len(list_runs(JOB)) == 1


def test_a_failed_import_is_one_run_and_what_goes_on_with_it_another() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF (SELECT count(*) FROM consent_records_consentrecord) >= 4 THEN RAISE 'disk full'"
            " USING ERRCODE = 'disk_full'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER fail BEFORE INSERT ON consent_records_consentrecord"
            " FOR EACH ROW EXECUTE FUNCTION fail();"
        )

    with pytest.raises(ImportInterrupted):
        run(make_lines(6))

    assert list(list_runs(JOB).values()) == [["START", "FAIL"]]
    failed = list_told(JOB)[-1]
    assert failed["run"]["facets"]["errorMessage"]["message"].startswith("the database failed; lines 1 to 4")
    assert rows_of(failed) == 4
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fail ON consent_records_consentrecord")

    run(make_lines(6))

    assert list(list_runs(JOB).values()) == [["START", "FAIL"], ["START", "COMPLETE"]]
    assert rows_of(list_told(JOB)[-1]) == 2


def test_an_import_that_is_interrupted_is_aborted() -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(make_lines(4), progress=interrupt)

    assert list(list_runs(JOB).values()) == [["START", "ABORT"]]
    assert rows_of(list_told(JOB)[-1]) == 2


def test_one_that_only_hung_goes_on_as_another_run_and_each_row_is_told_once() -> None:
    closed: list[int] = []

    def hang(lines: int) -> None:
        if lines == 4:
            closed.append(sweep())

    run(make_lines(6), progress=hang)

    assert closed == [1]
    assert list(list_runs(JOB).values()) == [["START", "ABORT"], ["START", "COMPLETE"]]
    assert [rows_of(one) for one in list_told(JOB) if one["eventType"] in {"ABORT", "COMPLETE"}] == [4, 2]


def test_one_that_hung_before_its_end_ends_as_another_run() -> None:
    run(make_lines(2), progress=lambda _: sweep())

    assert list(list_runs(JOB).values()) == [["START", "ABORT"], ["START", "COMPLETE"]]


def test_a_living_import_is_never_closed() -> None:
    closed: list[int] = []

    run(make_lines(6), progress=lambda _: closed.append(running.close_dead_runs()))

    assert closed == [0, 0, 0]


@pytest.fixture
def dying(committed_database: str) -> str:
    publish_policy()
    return committed_database


POINTS = {
    "between two batches": ("batch", 2),
    "before a batch is committed": ("keep", 1),
    "before the end is committed": ("end", 0),
    "before the first batch is committed": ("keep", 0),
}


@pytest.mark.parametrize("point", [pytest.param(point, id=name) for name, point in POINTS.items()])
def test_a_killed_import_is_ended_once_and_importing_the_file_again_is_another_run(
    dying: str, point: tuple[str, int]
) -> None:
    died = subprocess.run(
        [sys.executable, "-c", _DYING, dying, point[0], str(point[1])],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    done = ConsentRecord.objects.count()
    assert list(list_runs(JOB).values()) == [["START"]]
    assert running.close_dead_runs() == 0  # it may live yet

    assert [sweep(), sweep()] == [1, 0]

    assert list(list_runs(JOB).values()) == [["START", "ABORT"]]
    assert rows_of(list_told(JOB)[-1]) == done
    run(make_lines(6))
    assert list(list_runs(JOB).values()) == [["START", "ABORT"], ["START", "COMPLETE"]]
    assert rows_of(list_told(JOB)[-1]) == 6 - done
    assert ImportRun.objects.filter(finished_at__lte=Now()).count() == 1


def test_mutant_without_the_sweep_a_killed_import_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closing that does not look at the row doubles endings, and one that is not there leaves none."""
    monkeypatch.setattr(import_runs.Attempt, "stop", lambda *_: None)

    with pytest.raises(KeyboardInterrupt):
        run(make_lines(2), progress=lambda _: os.kill(os.getpid(), signal.SIGINT))

    assert list(list_runs(JOB).values()) == [["START"]]
    assert sweep() == 1
