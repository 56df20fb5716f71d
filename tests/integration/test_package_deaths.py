"""Workers die while they build a package, or outlive their lease: the next one begins anew."""

import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db.models.functions import Now

from consent.requests.models import Package, RequestEvent, SealedPart
from consent.requests.packages.building import build_package, list_building
from consent.requests.types import EventKind, PackageState, RequestState
from tests.packages_world import begin, make_request, make_step, read_files

pytestmark = pytest.mark.usefixtures("committed_database")
ROWS = 3000
LIMIT = 48 * 1024
"""KiB that a package may take above what the process has anyway, however many rows it has."""


def make_package(rows: int = ROWS, *, width: int = 1000) -> Package:
    """Return a package that waits, of rows that do not compress well."""
    request = make_request()
    make_step(request, (("orders", {"id": n, "text": secrets.token_hex(width // 2)}) for n in range(rows)))
    return begin(request)


@contextmanager
def worker(database: str, package: Package, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Give a process that builds the package."""
    command = [sys.executable, "-m", "tests.package_process", database, str(package.pk), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def await_standing(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "standing\n"


def end_lease(package: Package) -> None:
    Package.objects.filter(pk=package.pk).update(leased_until=Now())


def assert_whole(package: Package) -> None:
    """Assert that the package is ready, once, and that nothing else lies about."""
    package.refresh_from_db()
    assert package.state == PackageState.READY
    assert package.rows_done == package.rows_total == ROWS
    assert sum(name.startswith("pages/01") for name in read_files(package)) == ROWS // 500
    parts = SealedPart.objects.filter(name=f"package/{package.pk}")
    assert sorted(parts.values_list("number", flat=True)) == list(range(1, package.parts + 1))
    assert RequestEvent.objects.filter(kind=EventKind.PACKAGE_BUILT).count() == 1
    assert package.request.state == RequestState.IN_REVIEW


def test_a_worker_killed_in_the_middle_loses_nothing(committed_database: str) -> None:
    package = make_package()
    with worker(committed_database, package, "stand") as process:
        await_standing(process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    package.refresh_from_db()
    assert package.state == PackageState.BUILDING
    assert package.rows_total == ROWS
    assert SealedPart.objects.filter(name=f"package/{package.pk}").exists()
    assert list_building() == []  # its lease goes on

    end_lease(package)

    assert list_building() == [package.pk]
    assert build_package(package.pk)
    assert_whole(package)


def test_a_worker_that_outlived_its_lease_writes_nothing_any_more(committed_database: str) -> None:
    package = make_package()
    with worker(committed_database, package, "stand") as process:
        await_standing(process)
        end_lease(package)
        assert build_package(package.pk)
        said, _ = process.communicate("go on\n")

    assert "ready False" in said
    assert_whole(package)


def test_memory_does_not_grow_with_the_rows(committed_database: str) -> None:
    peaks = []
    for rows in (2_000, 30_000):
        with worker(committed_database, make_package(rows, width=300)) as process:
            said, _ = process.communicate()
        assert "ready True" in said
        peaks.append(int(said.partition("peak ")[2].split()[0]))

    assert max(peaks) < LIMIT, peaks
    assert peaks[1] - peaks[0] < LIMIT / 3, peaks
