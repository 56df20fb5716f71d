"""Audiences that name people by our own reference, and runs that rest on a file of everybody's state."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.utils import timezone
from pyarrow import parquet

from activation.enforcement.people_file import people_folder
from activation.enforcement.services import signing_key
from activation.enforcement.types import RunResult
from activation.snapshots.bulk.building import build
from consent.kernel.handover import KeyChain
from consent.ledger.sequencing import sequence_pending
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from consent.verifier.manifests.evidence import read_evidence
from consent.verifier.manifests.manifest import read_manifest
from consent.verifier.manifests.membership import hash_reference
from consent.verifier.manifests.verification import Claim, verify_run
from tests.enforcement_world import (
    AUDIENCE,
    BRITON,
    GERMAN,
    REFUSED,
    WITHDRAWN,
    make_world,
    record_choices,
    run,
    write_csv,
)

UNKNOWN = "sub_" + 32 * "0"

pytestmark = pytest.mark.django_db


def refs() -> dict[str, str]:
    """Return the references of the world's customers."""
    customers = [GERMAN, BRITON, WITHDRAWN, REFUSED]
    found = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, one)] for one in customers])
    return {customer: ref for customer, [ref] in zip(customers, map(list, found), strict=True)}


def run_by_reference(folder: Path) -> RunResult:
    """Enforce a table that names people by reference: known ones, a stranger, and nobody."""
    known = refs()
    table = pa.table(
        {
            "subject_ref": [*known.values(), known[GERMAN], UNKNOWN, "", None],
            "score": pa.array(range(8), pa.int16()),
        }
    )
    parquet.write_table(table, folder / "scores.parquet")
    changes: dict[str, Any] = {"input_path": folder / "scores.parquet", "output_path": folder / "out.parquet"}
    return run(folder, **changes)


def claims(result: RunResult, ref: str, *, present: bool) -> bool:
    """Return whether the verifier confirms that the person was in what left, or was not."""
    key = signing_key().verify_key
    claim = Claim(identifier=f"subject_ref:{ref}", present=present)
    checks = list(verify_run(result.manifest, KeyChain(key.name, key), claim=claim))
    return all(check.passed for check in checks)


def test_rows_that_name_people_by_reference_are_decided_and_proved(tmp_path: Path) -> None:
    make_world()
    known = refs()

    result = run_by_reference(tmp_path)

    left = parquet.read_table(result.output)
    assert left.column("subject_ref").to_pylist() == [known[GERMAN], known[BRITON], known[GERMAN]]
    assert left.column("score").to_pylist() == [0, 1, 4]
    assert result.denied_by_reason == {"refused": 1, "withdrawn": 1, "subject_unknown": 3}
    assert claims(result, known[GERMAN], present=True)
    assert claims(result, known[WITHDRAWN], present=False)
    assert claims(result, UNKNOWN, present=False)
    assert not claims(result, known[WITHDRAWN], present=True)


@pytest.mark.parametrize(
    "text", ["jörg@customers.example", "a\\x41", "back\\slash", "'", "\n", "x" * 100_000]
)
def test_whatever_stands_for_a_reference_is_denied_and_proved_letter_by_letter(
    tmp_path: Path, text: str
) -> None:
    make_world()
    table = pa.table({"subject_ref": [text, refs()[GERMAN]]})
    parquet.write_table(table, tmp_path / "scores.parquet")

    result = run(tmp_path, input_path=tmp_path / "scores.parquet", output_path=tmp_path / "out.parquet")

    assert (result.allowed, result.denied_by_reason) == (1, {"subject_unknown": 1})
    evidence = read_evidence(result.evidence.read_bytes())
    assert evidence.reasons_of(hash_reference(evidence.run_key, text)) == {"subject_unknown"}


@pytest.fixture
def _file_of_people(settings: Any, tmp_path: Path) -> None:
    settings.PEOPLE_FILE_FROM_BYTES = 0
    settings.SNAPSHOTS = tmp_path / "snapshots"


@pytest.mark.usefixtures("_file_of_people")
def test_a_run_that_rests_on_the_file_of_people_decides_as_one_that_does_not(
    tmp_path: Path, settings: Any
) -> None:
    make_world()
    while sequence_pending():
        pass
    build(people_folder(), at=timezone.now())
    write_csv(tmp_path)

    by_file = [run(tmp_path), run_by_reference(tmp_path)]
    settings.PEOPLE_FILE_FROM_BYTES = 1 << 40
    by_ledger = [run(tmp_path, overwrite=True, output_path=tmp_path / "o.csv")]

    manifest = read_manifest(by_file[0].manifest.read_bytes()).manifest
    assert 0 < manifest.states_watermark <= manifest.watermark
    assert by_file[0].denied_by_reason == by_ledger[0].denied_by_reason
    assert by_file[0].output.read_bytes() == by_ledger[0].output.read_bytes()
    assert by_file[1].allowed == 3


@pytest.mark.usefixtures("_file_of_people")
def test_a_damaged_file_of_people_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_world()
    while sequence_pending():
        pass
    path = build(people_folder(), at=timezone.now())
    content = bytearray(path.read_bytes())
    content[40] ^= 1  # within the references
    path.write_bytes(content)
    write_csv(tmp_path)

    result = run(tmp_path)

    manifest = read_manifest(result.manifest.read_bytes()).manifest
    assert manifest.states_watermark == manifest.watermark
    assert result.denied_by_reason == {"refused": 1, "withdrawn": 1, "subject_unknown": 3}
    assert "damaged file of people" in caplog.text


@pytest.mark.usefixtures("_file_of_people")
def test_whoever_changed_since_the_file_was_written_is_decided_by_the_ledger(tmp_path: Path) -> None:
    make_world()
    while sequence_pending():
        pass
    build(people_folder(), at=timezone.now())
    record_choices(GERMAN, "DE", "granted", "withdrawn")
    write_csv(tmp_path, AUDIENCE)

    result = run(tmp_path)

    assert result.denied_by_reason["withdrawn"] == 2
    assert result.allowed == 1
