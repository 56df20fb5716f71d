"""Audience runs on Spark let leave what other runs let leave, and prove it alike."""

from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.management import call_command
from django.utils import timezone
from pyarrow import parquet
from pyspark.sql import SparkSession

from activation.enforcement import spark_session as spark_session_room
from activation.enforcement.judging import RowsUndecided
from activation.enforcement.models import EnforcementRun
from activation.enforcement.people_file import people_folder
from activation.enforcement.services import InputChanged, signing_key
from activation.enforcement.spark_files import write_left
from activation.enforcement.spark_runs import PeopleFileMissing, SparkFailed, enforce_on_spark
from activation.enforcement.types import RunResult, RunStatus
from activation.snapshots.bulk import planning
from activation.snapshots.bulk.building import build
from activation.snapshots.bulk.spark import leave
from consent.kernel.handover import KeyChain
from consent.ledger.sequencing import sequence_pending
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from consent.verifier.manifests.manifest import read_manifest
from consent.verifier.manifests.verification import Claim, verify_run
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    QUESTION,
    REFUSED,
    WITHDRAWN,
    list_names,
    make_world,
    record_choices,
    run,
)

UNKNOWN = "sub_" + 32 * "0"
NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - a time without a zone must stay one

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("spark")]


@pytest.fixture
def known(settings: Any, tmp_path: Path) -> dict[str, str]:
    """The world's customers by reference, everybody's state in a file."""
    settings.SNAPSHOTS = tmp_path / "snapshots"
    make_world()
    while sequence_pending():
        pass
    build(people_folder(), at=timezone.now())
    customers = [GERMAN, BRITON, WITHDRAWN, REFUSED]
    found = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, one)] for one in customers])
    return {customer: ref for customer, [ref] in zip(customers, map(list, found), strict=True)}


def write_audience(folder: Path, known: dict[str, str]) -> Path:
    """Write rows about known people, a stranger and nobody, with columns of several types."""
    people = [*known.values(), known[GERMAN], UNKNOWN, "", None]
    count = len(people)
    table = pa.table(
        {
            "subject_ref": people,
            "email": [f"C{number}@customers.example" for number in range(count)],
            "phone": pa.array([f"+4917012345{number:02}" for number in range(count)]),
            "outcome": pa.array(range(count), pa.int16()),
            "person": pa.array([Decimal("1.50")] * count, pa.decimal128(8, 2)),
            "seen": pa.array([NOON] * count, pa.timestamp("us")),
            "sent": pa.array([timezone.now()] * count, pa.timestamp("us", "UTC")),
            "day": pa.array([date(2026, 3, 1)] * count),
            "tags": pa.array([["a", None]] * count, pa.list_(pa.string())),
        }
    )
    path = folder / "audience.parquet"
    parquet.write_table(table, path)
    return path


def on_spark(session: SparkSession, folder: Path, **changes: Any) -> RunResult:
    arguments: dict[str, Any] = {
        **QUESTION,
        "input_path": folder / "audience.parquet",
        "output_path": folder / "spark.parquet",
        "at": timezone.now(),
        **changes,
    }
    return enforce_on_spark(session=session, **arguments)


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return sorted(rows, key=lambda row: str(row["outcome"]))


def verify(result: RunResult, claim: Claim | None = None) -> list[str]:
    """Return what does not hold."""
    key = signing_key().verify_key
    checks = verify_run(result.manifest, KeyChain(key.name, key), claim=claim)
    return [str(check) for check in checks if check.passed is not True]


def test_a_run_on_spark_lets_leave_what_another_run_does_and_proves_it(
    spark_session: SparkSession, known: dict[str, str], tmp_path: Path
) -> None:
    source = write_audience(tmp_path, known)

    result = on_spark(spark_session, tmp_path)
    other = run(
        tmp_path,
        input_path=source,
        output_path=tmp_path / "duck.parquet",
        identifiers={"subject_ref": "subject_ref"},
    )

    for row, expected in zip(rows_of(result.output), rows_of(other.output), strict=True):
        assert {name: (row[name], value) for name, value in expected.items() if row[name] != value} == {}
    assert parquet.read_table(result.output).schema.equals(parquet.read_schema(other.output))
    assert {"email", "phone", "ad_personalization"} <= set(parquet.read_schema(other.output).names)
    assert (result.allowed, result.denied_by_reason) == (other.allowed, other.denied_by_reason)
    assert result.denied_by_reason == {"refused": 1, "withdrawn": 1, "subject_unknown": 3}
    manifests = [read_manifest(one.manifest.read_bytes()).manifest for one in (result, other)]
    assert manifests[0].legal_bases == manifests[1].legal_bases
    assert manifests[0].obligations == manifests[1].obligations
    assert manifests[0].input == manifests[1].input
    assert not verify(result)
    assert not verify(result, Claim(identifier=f"subject_ref:{known[GERMAN]}", present=True))
    assert not verify(result, Claim(identifier=f"subject_ref:{known[WITHDRAWN]}", present=False))
    assert verify(result, Claim(identifier=f"subject_ref:{known[WITHDRAWN]}", present=True))
    assert [one for one in list_names(tmp_path) if one.startswith("spark")] == [
        "spark.parquet",
        "spark.parquet.evidence",
        "spark.parquet.manifest.json",
    ]

    (result.output / ".more").write_bytes(b"somebody added this")
    [added] = verify(result)
    assert added.endswith("the output is the folder that the run wrote")


def test_whoever_changed_since_the_file_was_written_is_decided_by_the_ledger(
    spark_session: SparkSession, known: dict[str, str], tmp_path: Path
) -> None:
    write_audience(tmp_path, known)
    record_choices(GERMAN, "DE", "granted", "withdrawn")
    record_choices(BRITON, "GB", "granted", "withdrawn")

    result = on_spark(spark_session, tmp_path)

    assert result.allowed == 0
    assert parquet.read_table(result.output).num_rows == 0
    assert not verify(result, Claim(identifier=f"subject_ref:{known[GERMAN]}", present=False))


@pytest.mark.parametrize("stage", ["judged", "left"])
def test_a_state_that_the_engine_was_not_asked_about_stops_the_run(
    stage: str,
    spark_session: SparkSession,
    known: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_audience(tmp_path, known)
    learn = planning.Plan.learn
    monkeypatch.setattr(planning.Plan, "learn", lambda self, kinds: learn(self, kinds).slice(0, 0))
    if stage == "left":  # as if nobody had counted
        monkeypatch.setattr("activation.enforcement.judging.Judge._refuse_undecided", lambda _: None)
        monkeypatch.setattr("activation.enforcement.spark_runs.tally_up", lambda *_: _no_tally())

    with pytest.raises(RowsUndecided if stage == "judged" else SparkFailed):
        on_spark(spark_session, tmp_path)

    assert list_names(tmp_path) == ["audience.parquet", "snapshots"]
    assert EnforcementRun.objects.get().status == RunStatus.FAILED


def _no_tally() -> Any:
    return type("NoTally", (), {"allowed": 0})()


def test_rows_that_spark_loses_stop_the_run(
    spark_session: SparkSession, known: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_audience(tmp_path, known)
    monkeypatch.setattr("activation.snapshots.bulk.spark.leave", lambda *given: leave(*given).limit(1))

    with pytest.raises(RowsUndecided):
        on_spark(spark_session, tmp_path)

    assert list_names(tmp_path) == ["audience.parquet", "snapshots"]


def test_an_audience_that_is_written_to_meanwhile_does_not_leave(
    spark_session: SparkSession, known: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_audience(tmp_path, known)

    def meddled(*arguments: Any, **options: Any) -> None:
        write_left(*arguments, **options)
        source.touch()

    monkeypatch.setattr("activation.enforcement.spark_runs.write_left", meddled)

    with pytest.raises(InputChanged):
        on_spark(spark_session, tmp_path)


def test_without_a_file_of_people_nothing_is_decided(
    spark_session: SparkSession, known: dict[str, str], tmp_path: Path, settings: Any
) -> None:
    write_audience(tmp_path, known)
    settings.SNAPSHOTS = tmp_path / "elsewhere"

    with pytest.raises(PeopleFileMissing):
        on_spark(spark_session, tmp_path)

    assert not (tmp_path / "spark.parquet").exists()


def test_the_command_tells_what_it_did(
    spark_session: SparkSession, known: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_audience(tmp_path, known)
    monkeypatch.setattr(spark_session_room, "open_session", lambda _: nullcontext(spark_session))
    told = StringIO()
    options = [f"--{name}={value}" for name, value in QUESTION.items()]
    paths = [f"--input={tmp_path / 'audience.parquet'}", f"--output={tmp_path / 'spark.parquet'}"]

    call_command("enforce_on_spark", *options, *paths, stdout=told)

    assert "8 rows in" in told.getvalue()
    assert "3   subject_unknown" in told.getvalue()
