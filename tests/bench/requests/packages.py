"""Part `packages`: an access package for 200,000 rows, how long it takes, and the memory it needs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import connection

from consent.requests.models import Package
from consent.requests.packages.reading import stream_package
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.packages_world import begin, make_reader, make_request, make_step

ROWS = int(os.environ.get("ACCORDANT_BENCH_ROWS", "200000"))
FEW = 2_000


def measure() -> Sequence[Figure]:
    """Return the figures of a package of many rows, beside one of few."""
    with fresh_database():
        few, many = _build(FEW), _build(ROWS)
        return [*_tell(few, many), *_stream(many)]


class Built:
    """A package that another process built, and what it said of that."""

    def __init__(self, rows: int, package: Package, said: str, seen: list[int]) -> None:
        self.rows, self.package, self.seen = rows, package, seen
        self.peak = int(said.partition("peak ")[2].split()[0]) / 1024
        self.seconds = float(said.partition("seconds ")[2].split()[0])


def _build(rows: int) -> Built:
    request = make_request()
    make_step(request, (("orders", _row(number)) for number in range(rows)))
    package = begin(request)
    name = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.package_process", name, str(package.pk)]
    seen = list[int]()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            seen.append(_look(package.pk))
            time.sleep(0.2)
        said = process.stdout.read() if process.stdout else ""
    if "ready True" not in said:
        raise RuntimeError(f"the package of {rows:,} rows was not built: {said}")
    package.refresh_from_db()
    return Built(rows, package, said, seen)


def _look(package_id: UUID) -> int:
    return Package.objects.values_list("rows_done", flat=True).get(pk=package_id)


def _row(number: int) -> dict[str, object]:
    return {
        "id": number,
        "ordered_at": f"2026-03-{number % 28 + 1:02d}T10:{number % 60:02d}:00+00:00",
        "article": f"A-{number * 7919 % 100_000:05d}",
        "quantity": number % 7,
        "price": f"{number % 9_000 / 100:.2f}",
        "city": ("Köln", "Paris", "Sevilla", "Cork")[number % 4],
        "note": f"Delivered to the door, order {number}, signed for by the customer.",
    }


def _tell(few: Built, many: Built) -> Iterator[Figure]:
    floor = f"{few.peak:.0f} MiB for {few.rows:,} rows"
    yield Figure(f"memory for {many.rows:,} rows, above the process's own", many.peak, "MiB", floor)
    yield Figure(f"a package of {many.rows:,} rows", many.seconds, "s")
    yield Figure("its rows a second", many.rows / many.seconds, "rows/s")
    yield Figure("its size", many.package.size / 2**20, "MiB")
    yield Figure("times that its progress was seen to go on", len(set(many.seen)), "")


def _stream(many: Built) -> Iterator[Figure]:
    started = time.monotonic()
    size = sum(map(len, stream_package(many.package, officer_id=make_reader().pk)))
    yield Figure("checked and handed out", size / 2**20 / (time.monotonic() - started), "MiB/s")
