"""The kind in `docs/how-to/write-a-destination.md`: a table in an SQLite file."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from activation.destinations.kinds.interface import Delivery, Surroundings
from tests.conformance.documented import NAME, load
from tests.conformance.harness import Fault, Harness, Rows, with_column
from tests.conformance.harness_file import as_form


class SqliteHarness(Harness):
    """The file, in a folder of its own."""

    kind = load().KIND
    faults = frozenset({Fault.REFUSES, Fault.UNREACHABLE})
    steps: ClassVar = [f"{NAME}.json_rows", f"{NAME}.SqliteConnector._receipt"]

    removal_steps: ClassVar = [f"{NAME}.read_people"]

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "people"
        self.surroundings = Surroundings(folder=self.folder)

    def settings(self) -> dict[str, Any]:
        return {"name": "people"}

    def reset(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()

    def held(self, audience: str) -> Rows:
        file = self.folder / "people.sqlite"
        if not file.exists():
            return []
        with closing(sqlite3.connect(file)) as database:
            rows = database.execute("SELECT row FROM people WHERE audience = ?", [audience])
            return [json.loads(row) for (row,) in rows]

    def expected(self, rows: Rows) -> Rows:
        return as_form(rows, "ndjson")

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        aside = self.folder.with_name("aside")
        self.folder.rename(aside)
        if fault is Fault.REFUSES:
            self.folder.mkdir()
            (self.folder / "people.sqlite").write_bytes(b"no database" * 100)
        try:
            yield
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            aside.rename(self.folder)

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        for name in ("", "../up", "A", "x" * 61):
            yield {"name": name}, "name"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "tags", with_column(delivery, "tags", pa.array([["a"]] * delivery.rows))


@contextmanager
def start(folder: Path) -> Iterator[Harness]:
    """Give a folder below this one."""
    yield SqliteHarness(folder)
