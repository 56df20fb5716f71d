"""Import, decisions and enforcement on the demo's real size: 23,570 customers."""

import csv
import hashlib
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path

from django.db import connection
from django.utils import timezone

from activation.decisions.engine import decide
from activation.enforcement.services import enforce_audience
from activation.snapshots.queries import open_snapshot
from config.demo import stage
from config.demo.audience import write_audience
from config.demo.choices import write_choices
from config.demo.main_job import QUESTION
from config.demo.telling import Teller
from consent.records.services import import_rows, read_lines
from consent.subjects.types import Identifier, IdentifierKind
from tests.bench.database import fresh_database
from tests.bench.report import Figure

DECISION_ROUNDS = 3


def measure() -> Sequence[Figure]:
    """Return choices/s of the import, decisions/s of the engine, rows/s of an enforcement run."""
    with fresh_database(), tempfile.TemporaryDirectory() as name:
        folder, teller = Path(name), Teller(StringIO())
        policy = stage.publish_policy(at=timezone.now(), teller=teller)
        stage.register_destinations(policy, at=timezone.now(), teller=teller)
        imported = _measure_import(folder)
        audience = folder / "audience.csv"
        write_audience(audience)
        return [imported, _measure_decisions(audience), _measure_enforcement(audience)]


def _measure_import(folder: Path) -> Figure:
    file = folder / "choices.ndjson"
    generated = write_choices(file, timezone.now())
    seconds = _seconds(lambda: _import(file))
    floor = _seconds(lambda: _copy_lines(file))
    return Figure(
        "import (seal, index, record, log)",
        generated.choices / seconds,
        "choices/s",
        "COPY of the same lines into one text column",
        seconds / floor,
    )


def _import(path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        import_rows(lines=read_lines(file), digest=digest, source="bench", at=timezone.now())


def _copy_lines(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_floor (line text)")
        with cursor.copy("COPY bench_floor (line) FROM STDIN") as copy:
            for line in path.read_text(encoding="utf-8").splitlines():
                copy.write_row([line])


def _measure_decisions(audience: Path) -> Figure:
    at = timezone.now()
    with audience.open(encoding="utf-8", newline="") as rows:
        people = [_identifiers(row) for row in csv.DictReader(rows)]
    with open_snapshot(at=at) as snapshot:
        states = snapshot.load_states(people)

    def decide_all() -> None:
        for state in states * DECISION_ROUNDS:
            decide(snapshot.policy, snapshot.register, state, QUESTION, at)

    seconds = _seconds(decide_all)
    return Figure(
        "decisions of the pure engine, one core", DECISION_ROUNDS * len(states) / seconds, "decisions/s"
    )


def _identifiers(row: dict[str, str]) -> list[Identifier]:
    return [
        Identifier(IdentifierKind.CUSTOMER_ID, row["customer_id"]),
        Identifier(IdentifierKind.EMAIL, row["email"]),
    ]


def _measure_enforcement(audience: Path) -> Figure:
    at: datetime = timezone.now()
    rows = 0

    def enforce() -> None:
        nonlocal rows
        rows = enforce_audience(
            purpose=QUESTION.purpose,
            destination=QUESTION.destination,
            controller=QUESTION.controller,
            input_path=audience,
            output_path=audience.with_name("allowed.csv"),
            at=at,
        ).rows_in

    seconds = _seconds(enforce)
    floor = _seconds(lambda: _copy_csv(audience))
    return Figure(
        "enforcement of an audience, with its evidence",
        rows / seconds,
        "rows/s",
        "reading and writing the same CSV",
        seconds / floor,
    )


def _copy_csv(audience: Path) -> None:
    with (
        audience.open(encoding="utf-8", newline="") as source,
        audience.with_name("copy.csv").open("w", encoding="utf-8", newline="") as target,
    ):
        csv.writer(target).writerows(csv.reader(source))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
