"""An exported mapping holds those who may be read, and appears whole or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pyarrow import csv, parquet

from activation.decisions.types import Question
from activation.enforcement.files import OutputExists, OutputNotWritable
from activation.enforcement.warehouse.exporting import Exported, export_mapping
from activation.enforcement.warehouse.mapping import COLUMNS, NO_END
from activation.enforcement.warehouse.types import WarehouseMalformed
from consent.subjects.queries import get_blind_indexes
from consent.subjects.types import Identifier, IdentifierKind
from tests.enforcement_world import BRITON, GERMAN, QUESTION, make_world

pytestmark = pytest.mark.django_db


def export(output: Path, **changes: Any) -> Exported:
    """Export the shop's mapping, with `changes` to the call."""
    given: dict[str, Any] = {"key_kind": "customer_id", "at": timezone.now(), **changes}
    return export_mapping(question=Question(**QUESTION), output=output, **given)  # type: ignore[arg-type]


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of an export."""
    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    if path.suffix == ".csv":
        return list(csv.read_csv(path).to_pylist())
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("suffix", [".csv", ".ndjson", ".parquet"])
def test_every_format_holds_the_two_who_agreed(suffix: str, tmp_path: Path) -> None:
    make_world()

    exported = export(tmp_path / f"mapping{suffix}")

    rows = read(exported.output)
    keys = get_blind_indexes([Identifier(IdentifierKind.CUSTOMER_ID, one) for one in (GERMAN, BRITON)])
    assert (exported.keys, exported.allowed) == (4, 2)
    assert {row["subject_key"] for row in rows} == {key.hex() for key in keys}
    assert all(list(row) == list(COLUMNS) for row in rows)
    assert all(str(row["valid_until"])[:4] == str(NO_END.year) for row in rows)
    assert sorted(row["obligations"] for row in rows)[0].startswith("#|drop:phone||mask:email:sha256|")
    assert not any(name in exported.output.read_bytes() for name in (b"customers.example", b"00001"))


def test_nobody_is_exported_without_a_policy(tmp_path: Path) -> None:
    exported = export(tmp_path / "mapping.csv")

    assert (exported.keys, exported.allowed, read(exported.output)) == (0, 0, [])


def test_an_export_that_cannot_finish_leaves_nothing(tmp_path: Path) -> None:
    make_world()

    def die(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "mapping.csv", progress=die)

    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mapping.csv").write_text("before")

    with pytest.raises(OutputExists):
        export(tmp_path / "mapping.csv")
    with pytest.raises(OutputNotWritable):
        export(tmp_path / "nowhere" / "mapping.csv")
    with pytest.raises(WarehouseMalformed):
        export(tmp_path / "mapping.xlsx")
    with pytest.raises(WarehouseMalformed):
        export(tmp_path / "other.csv", key_kind="email_sha256")
    with pytest.raises(CommandError):
        call_command("export_consent_mapping", **QUESTION, key="email", output=tmp_path / "mapping.csv")

    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
    export(tmp_path / "mapping.csv", overwrite=True)
    assert (tmp_path / "mapping.csv").read_text() != "before"
