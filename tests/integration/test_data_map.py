"""The data map as a document: in and out, all or nothing, every fault with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from consent.requests.models import Dataset, Field, System
from consent.requests.systems.holding import HoldNotFound, HoldRefused, lift_hold, place_hold
from consent.requests.systems.importing import DataMapRefused, import_text
from consent.requests.systems.writing import write_text
from tests.data_map_world import NOON, make_system
from tests.data_map_world import place_hold as place
from tests.ledger_world import read_entries

pytestmark = pytest.mark.django_db

SHOP = """\
version: 1
systems:
  shop:
    title: Shop
    kind: sql
    connection: shop
    settings: {statement_seconds: 30}
    backup_days: 30
    datasets:
      customers:
        title: Customers
        purposes: [service.orders]
        key_fields: [customer_id]
        on_erasure: mask
        fields:
          customer_id:
            category: user.unique_id
            identifier: customer_id
            masking: keep
            keep_ground: tells orders apart
          email:
            category: user.contact.email
            identifier: email
            masking: hash
          friend:
            category: user.name
            third_party: true
          remark:
            category: user.behavior
            free_text: true
          score:
            category: user.behavior
            derived: true
      segments:
        title: Segments
        derived: true
        fields:
          customer_id: {category: user.unique_id, identifier: customer_id}
      orders:
        title: Orders
        on_erasure: keep
        keep_ground: tax law, ten years
        fields:
          note:
            category: user.content
            masking: replace
            replacement: erased
        references:
        - {field: customer, to: customers, to_field: customer_id}
  letters:
    title: Letters in the cellar
    kind: human
    owner: The archive
    instructions: Look on the shelf, and shred.
    answers_within_hours: 240
    enabled: false
"""


def faults(text: str) -> list[str]:
    with pytest.raises(DataMapRefused) as refused:
        import_text(text, changed_by="olga")
    return [f"{fault.path}: {fault.message}" for fault in refused.value.faults]


def test_what_goes_in_comes_out_and_goes_in_again_without_a_difference() -> None:
    import_text(SHOP, changed_by="olga")
    written = write_text()

    assert import_text(written, changed_by="olga") == ()
    assert write_text() == written
    assert list(Dataset.objects.filter(is_derived=True).values_list("name", flat=True)) == ["segments"]
    told = Field.objects.order_by("name").values_list("name", "is_third_party", "is_free_text", "is_derived")
    assert [one for one in told if any(one[1:])] == [
        ("friend", True, False, False),
        ("remark", False, True, False),
        ("score", False, False, True),
    ]
    assert "tax law, ten years" in written
    assert System.objects.count() == 2


def test_a_dry_run_tells_and_changes_nothing() -> None:
    told = import_text(SHOP, changed_by="olga", dry_run=True)

    assert [str(one) for one in told] == [
        "+ systems.letters: title, kind, owner, instructions, answers_within_hours, enabled",
        "+ systems.shop: title, kind, connection, settings, backup_days, datasets",
    ]
    assert not System.objects.exists()
    assert read_entries() == []


def test_a_change_is_told_by_place_and_the_ledger_learns_who() -> None:
    import_text(SHOP, changed_by="olga")

    told = import_text(SHOP.replace("backup_days: 30", "backup_days: 60"), changed_by="omar")

    assert [str(one) for one in told] == ["~ systems.shop.backup_days: 30 -> 60"]
    assert [entry.kind for entry in read_entries()] == ["data_map_changed"] * 2
    body = json.loads(read_entries()[-1].envelope)
    assert "~ systems.shop.backup_days" in json.dumps(body)
    assert "omar" in json.dumps(body)


def test_datasets_that_stay_keep_their_rows_and_what_is_not_named_goes() -> None:
    import_text(SHOP, changed_by="olga")
    before = Dataset.objects.get(name="customers").pk

    import_text(
        SHOP.partition("  letters:")[0].replace("title: Customers", "title: People"), changed_by="olga"
    )

    assert Dataset.objects.get(name="customers").pk == before
    assert [system.slug for system in System.objects.all()] == ["shop"]


def test_what_a_hold_stands_on_cannot_be_taken_out_and_nothing_is_changed() -> None:
    system = make_system("crm")
    place(dataset=system.datasets.get(name="orders"))

    assert faults(SHOP) == ["systems.crm: requests or legal holds know this system: disable it instead"]
    assert [one.slug for one in System.objects.all()] == ["crm"]


def test_every_fault_of_form_is_told_with_its_place() -> None:
    text = SHOP.replace("kind: sql", "kind: telepathy").replace("category: user.name\n", "colour: red\n")

    assert faults(text) == [
        "systems.shop.datasets.customers.fields.friend: a field is missing: category",
        "systems.shop.datasets.customers.fields.friend: an unknown field: colour",
        "systems.shop.kind: expected one of data_deletion, files, http, human, opendsr, sql, webhook",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("connection: shop\n", "connection: ''\n", "shop.connection: databases and files need their name"),
        ("statement_seconds: 30", "colour: red", "shop.settings: settings: Object contains unknown field"),
        ("category: user.content", "category: user.contentt", "note.category: is no known data category"),
        ("keep_ground: tax law, ten years", "keep_ground: ''", "orders.keep_ground: a dataset that is kept"),
        ("masking: hash", "masking: keep", "email.keep_ground: a field that is kept"),
        ("masking: replace", "masking: 'null'", "note.replacement: only a field"),
        (
            "on_erasure: keep\n        keep_ground: tax law, ten years\n        fields:\n          note:\n",
            "on_erasure: mask\n        fields:\n          note:\n            keep_ground: x\n",
            "note.keep_ground: a field that is kept",
        ),
        ("to: customers", "to: elsewhere", "references[0].to: is no dataset"),
        ("to: customers", "to: orders", "shop.datasets: references run in a circle: orders > orders"),
        ("instructions: Look", "owner2: Look", "letters: an unknown field: owner2"),
        ("instructions: Look on the shelf, and shred.", "instructions: ' '", "letters.instructions: a human"),
        ("version: 1", "version: 2", "version: must be 1 or less"),
        ("version: 1", "version: 1\nversion: 1", "line 2: the field 'version' stands twice"),
        ("systems:", "systems: [", "line"),
        ("  shop:", "  Shop!:", "systems: has letters or marks"),
    ],
)
def test_each_fault_of_meaning_is_told_with_its_place(right: str, wrong: str, told: str) -> None:
    assert SHOP.count(right) >= 1

    found = faults(SHOP.replace(right, wrong, 1))

    assert any(told in one for one in found), found
    assert not System.objects.exists()


def test_the_commands_read_and_write_files(tmp_path: Path, capsys: Any) -> None:
    path, out = tmp_path / "map.yaml", tmp_path / "out.yaml"
    path.write_text(SHOP)

    call_command("import_data_map", path, "--dry-run")
    assert "2 differences; nothing was changed" in capsys.readouterr().out
    call_command("import_data_map", path)
    call_command("export_data_map", out)
    assert out.read_text() == write_text()

    path.write_text("version: 3\nsystems: {}\n")
    with pytest.raises(CommandError, match="faults: 1; nothing was changed"):
        call_command("import_data_map", path)
    assert "version: must be 1 or less" in capsys.readouterr().out
    assert System.objects.count() == 2


def test_a_hold_is_placed_and_lifted_once_and_the_ledger_learns_of_both() -> None:
    system = make_system()

    hold = place_hold(
        reference="case 12",
        ground="claims",
        since=NOON.date(),
        system=system,
        subject_ref="s-planted",
        officer_id=None,
    )
    lift_hold(hold.pk, officer_id=None, at=NOON)

    assert [entry.kind for entry in read_entries()] == ["legal_hold_placed", "legal_hold_lifted"]
    assert "s-planted" not in repr([entry.envelope for entry in read_entries()])
    with pytest.raises(HoldNotFound):
        lift_hold(hold.pk, officer_id=None, at=NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": " "},
        {"ground": ""},
        {"until": NOON.date().replace(year=2000)},
        {"system": None},
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    right = {"reference": "case", "ground": "claims", "since": NOON.date(), "system": make_system()}

    with pytest.raises(HoldRefused):
        place_hold(**{**right, **wrong}, officer_id=None)
