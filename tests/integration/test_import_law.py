"""Law tables become rows: safely twice, never over an officer's work, and never by half."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from consent.kernel import canonical
from consent.ledger.types import Stream
from consent.policies.law.importing import ImportedLaw, import_law
from consent.policies.law.reading import LawRefused
from consent.policies.law.rows import read_table
from consent.policies.law.shipped import load_shipped_law
from consent.policies.law.types import AgeLimit, ConsentDefault, Statute
from consent.policies.models import LAW_ROWS, Jurisdiction
from consent.policies.models import AgeLimit as AgeLimitRow
from consent.policies.queries import get_law
from tests.law_world import NOON, as_text, make_table, said
from tests.ledger_world import read_entries

pytestmark = pytest.mark.django_db

SHIPPED_ROWS = 363
TABLES: tuple[type[models.Model], ...] = (Jurisdiction, *LAW_ROWS)


def load(table: dict[str, Any] | None = None, **options: bool) -> ImportedLaw:
    return import_law(text=as_text(table) if table else None, at=NOON, **options)


def counts(done: ImportedLaw) -> dict[str, int]:
    names = ("added", "changed", "unchanged", "kept", "removed")
    return {name: getattr(done, name) for name in names if getattr(done, name)}


def events() -> list[dict[str, Any]]:
    """Return the bodies of what the ledger holds on imports of the law, oldest first."""
    entries = [entry for entry in read_entries() if entry.stream is Stream.POLICY]
    return [canonical.loads(entry.envelope)["body"] for entry in entries if entry.kind == "law_imported"]


def rows() -> list[tuple[object, ...]]:
    return [
        tuple(sorted((name, str(value)) for name, value in row.items() if name != "id"))
        for model in TABLES
        for row in model._default_manager.order_by("pk").values()
    ]


def test_the_shipped_table_is_loaded_whole() -> None:
    done = load()

    assert counts(done) == {"added": SHIPPED_ROWS}
    loaded, shipped = read_table(), load_shipped_law()
    assert dict(loaded.places) == dict(shipped.places)
    assert set(loaded.provisions) == set(shipped.provisions)


def test_a_second_import_changes_nothing_and_tells_nothing() -> None:
    load()
    before = rows()

    assert counts(load()) == {"unchanged": SHIPPED_ROWS}
    assert rows() == before
    assert len(events()) == 1


def test_an_import_is_an_event_with_digest_and_counts() -> None:
    done = load()

    assert events() == [
        {
            "digest": done.digest,
            "at": "2026-07-01T12:00:00.000000Z",
            "replaced": False,
            "added": SHIPPED_ROWS,
            "changed": 0,
            "unchanged": 0,
            "kept": 0,
            "removed": 0,
        }
    ]


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    assert counts(load(dry_run=True)) == {"added": SHIPPED_ROWS}
    assert not Jurisdiction.objects.exists()
    assert not events()


def test_a_changed_table_changes_adds_and_removes() -> None:
    table = make_table()
    load(table)
    germany = table["jurisdictions"][2]
    germany["age_limits"][0]["under"] = 15
    germany["age_limits"].append(
        said(topic="digital_consent", under=14, needs="guardian", effective_from="2027-01-01")
    )
    germany["duties"] = []

    assert counts(load(table)) == {"added": 1, "changed": 1, "removed": 1, "unchanged": 9}
    limits = AgeLimitRow.objects.order_by("effective_from").values_list("under", flat=True)
    assert list(limits) == [15, 14]


def test_what_an_officer_edited_is_kept_and_told() -> None:
    table = make_table()
    load(table)
    AgeLimitRow.objects.update(under=14)
    table["jurisdictions"][2]["age_limits"][0]["under"] = 15

    done = load(table)

    assert counts(done) == {"kept": 1, "unchanged": 10}
    assert done.kept_rows == ("DE, age limit digital_consent guardian, from 2020-01-01",)
    assert AgeLimitRow.objects.get().under == 14


def test_an_edited_first_day_is_an_edit_and_no_new_row() -> None:
    load(make_table())
    AgeLimitRow.objects.update(effective_from=date(2021, 1, 1))

    assert counts(load(make_table())) == {"kept": 1, "unchanged": 10}
    assert AgeLimitRow.objects.count() == 1


def test_an_officers_own_row_is_kept_where_the_table_now_has_another() -> None:
    table = make_table()
    load(table)
    row = AgeLimitRow.objects.get()
    row.pk, row.imported, row.effective_from, row.under = None, None, date(2026, 1, 1), 13
    row.save()
    table["jurisdictions"][2]["age_limits"].append(
        said(topic="digital_consent", under=14, needs="guardian", effective_from="2026-01-01")
    )

    assert counts(load(table)) == {"kept": 1, "unchanged": 11}
    assert counts(load(table, replace=True)) == {"changed": 1, "unchanged": 11}
    assert [row.under for row in AgeLimitRow.objects.order_by("effective_from")] == [16, 14]


def test_an_officers_own_row_that_the_table_never_had_is_no_matter() -> None:
    load(make_table())
    row = AgeLimitRow.objects.get()
    row.pk, row.imported, row.effective_from = None, None, date(2026, 1, 1)
    row.save()

    assert counts(load(make_table(), replace=True)) == {"unchanged": 11}
    assert AgeLimitRow.objects.count() == 2


def test_an_edited_jurisdiction_is_kept_and_replaced_when_asked() -> None:
    load(make_table())
    Jurisdiction.objects.filter(pk="DE").update(title="Deutschland")

    done = load(make_table())
    assert done.kept_rows == ("DE, the jurisdiction itself",)
    assert Jurisdiction.objects.get(pk="DE").title == "Deutschland"

    assert counts(load(make_table(), replace=True)) == {"changed": 1, "unchanged": 10}
    assert Jurisdiction.objects.get(pk="DE").title == "Germany"


def test_replace_puts_the_table_over_every_edit() -> None:
    load(make_table())
    AgeLimitRow.objects.update(under=14)

    assert counts(load(make_table(), replace=True)) == {"changed": 1, "unchanged": 10}
    assert AgeLimitRow.objects.get().under == 16


def test_jurisdictions_that_a_table_does_not_name_are_left_alone() -> None:
    load()
    table = {"schema": "accordant/law/1", "jurisdictions": [{"code": "JP", "title": "Japan"}]}

    assert counts(load(table)) == {"unchanged": 1, "removed": 3}
    assert Jurisdiction.objects.count() == len(load_shipped_law().places)


def test_a_malformed_table_is_refused_whole() -> None:
    load(make_table())
    before = rows()
    table = make_table()
    table["jurisdictions"][2]["age_limits"][0] |= {"under": 200, "needs": "luck"}
    table["jurisdictions"][2]["title"] = "Deutschland"

    with pytest.raises(LawRefused) as refused:
        load(table)

    assert [fault.path for fault in refused.value.faults] == [
        "jurisdictions[2].age_limits[0].needs",
        "jurisdictions[2].age_limits[0].under",
    ]
    assert rows() == before
    assert len(events()) == 1


def test_an_import_that_breaks_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("consent.policies.law.importing.ledger.append", break_down)

    with pytest.raises(RuntimeError):
        load()

    assert not Jurisdiction.objects.exists()


def test_the_shipped_table_answers_until_one_is_imported() -> None:
    july = date(2026, 7, 1)
    assert get_law(at=july) == load_shipped_law().in_force(july)

    load(make_table())

    law = get_law(at=july)
    assert law.chain("DE") == ("DE", "EU", "EEA")
    assert {type(row) for row in law.provisions} >= {AgeLimit, ConsentDefault, Statute}
    assert len(law.provisions) == 6


def test_an_officers_row_is_what_the_law_is_from_its_day_on() -> None:
    load()
    row = AgeLimitRow.objects.get(jurisdiction="FR")
    row.pk, row.imported, row.effective_from, row.under = None, None, date(2026, 7, 1), 16
    row.save()

    for day, under in ((date(2026, 6, 30), 15), (date(2026, 7, 1), 16)):
        limit = get_law(at=day).first(AgeLimit, "FR")
        assert limit is not None
        assert limit.under == under


def test_the_command_prints_what_became_of_the_rows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "law.json"
    file.write_text(as_text(make_table()))
    call_command("import_law", str(file), "--dry-run")
    assert "(dry run: nothing was written)" in capsys.readouterr().out

    call_command("import_law", str(file))
    AgeLimitRow.objects.update(under=14)
    call_command("import_law", str(file))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "added 11, changed 0, unchanged 0, kept as edited 0, removed 0"
    assert lines[1].startswith("sha256:")
    assert lines[2:4] == [
        "kept as edited: DE, age limit digital_consent guardian, from 2020-01-01",
        "added 0, changed 0, unchanged 10, kept as edited 1, removed 0",
    ]
    call_command("import_law", str(file), "--replace")
    assert "changed 1, unchanged 10, kept as edited 0" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"schema": "accordant/law/1"}'])
def test_the_command_refuses_what_is_no_table(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "law.json"
    file.write_bytes(content)

    with pytest.raises(CommandError):
        call_command("import_law", str(file))

    assert not Jurisdiction.objects.exists()


def test_the_command_tells_a_file_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_law", "nowhere.json")
