"""`import_consents`: what an operator sees."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from consent.records.management.commands import import_consents
from consent.records.models import ConsentRecord, ImportRun
from tests.records_world import make_choice, make_line, publish_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of two rows in order and one that is not."""
    publish_policy()
    path = tmp_path / "shop.ndjson"
    path.write_bytes(
        b"\n".join([make_line("1"), make_line("2", choices=[make_choice(choice="?")]), make_line("3")])
    )
    return path


def test_rejected_lines_are_told_and_the_rest_goes_in(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_consents", str(file))

    out = capsys.readouterr().out
    assert "line 2: unknown_choice: choices[0].choice: must be one of granted, " in out
    assert out.endswith("2 accepted, 1 rejected\n")
    assert ImportRun.objects.get().source == "shop.ndjson"


def test_a_dry_run_writes_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_consents", str(file), "--dry-run")

    assert "2 would be accepted, 1 rejected" in capsys.readouterr().out
    assert not ConsentRecord.objects.exists()


def test_a_second_import_says_that_it_changed_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_consents", str(file), "--source", "crm")
    call_command("import_consents", str(file))

    assert "imported before; nothing was changed" in capsys.readouterr().out
    assert ConsentRecord.objects.count() == 2
    assert set(ConsentRecord.objects.values_list("source", flat=True)) == {"crm"}


def test_progress_is_told_on_the_side(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_consents, "_SECONDS_BETWEEN_LINES", 0.0)

    call_command("import_consents", str(file))

    assert "3 lines" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_fails(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot read .*missing"):
        call_command("import_consents", str(tmp_path / "missing.ndjson"))

    assert not ImportRun.objects.exists()


def test_a_long_source_is_refused_before_anything_is_written(file: Path) -> None:
    with pytest.raises(CommandError, match="200"):
        call_command("import_consents", str(file), "--source", "s" * 201)

    assert not ImportRun.objects.exists()
