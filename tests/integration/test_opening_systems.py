"""From the rows of the data map to a connector: what is declared, what is held, and what cannot be asked."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consent.requests.connectors.interface import SystemRefused
from consent.requests.connectors.opening import declare, open_connector
from consent.requests.types import SystemKind
from consent.subjects.types import IdentifierKind
from tests.data_map_world import NOON, make_system, place_hold

pytestmark = pytest.mark.django_db
SUBJECT = "s-1"


def holds(system: Any, *subjects: str, days: int = 0) -> dict[str, str]:
    declared = declare(system, subjects=subjects, at=NOON + timedelta(days=days))
    return {one.name: one.hold for one in declared.datasets if one.hold}


def test_the_rows_are_declared_as_they_are(settings: Any) -> None:
    settings.SYSTEMS = {"shop": "sqlite:///shop.sqlite"}

    declared = declare(make_system(), subjects=(), at=NOON)

    customers, orders = declared.datasets
    assert declared.address == "sqlite:///shop.sqlite"
    assert "shop.sqlite" not in repr(declared)
    assert [(one.name, one.identifier_kind) for one in customers.fields] == [
        ("customer_id", IdentifierKind.CUSTOMER_ID),
        ("email", IdentifierKind.EMAIL),
    ]
    assert [(one.field, one.to_dataset, one.to_field) for one in orders.references] == [
        ("customer", "customers", "customer_id")
    ]
    assert declared.hash_key
    assert declared.hash_key != declare(make_system("crm"), subjects=(), at=NOON).hash_key


def test_a_hold_of_a_dataset_a_system_or_everything_stands_on_what_it_names() -> None:
    shop, crm = make_system(), make_system("crm")
    place_hold(dataset=shop.datasets.get(name="orders"), reference="case 1")
    place_hold(system=crm, reference="case 2")

    assert holds(shop) == {"orders": "case 1: claims"}
    assert holds(crm) == {"customers": "case 2: claims", "orders": "case 2: claims"}

    place_hold(reference="case 3", subject_ref=SUBJECT)

    assert holds(shop, SUBJECT)["customers"] == "case 3: claims"
    assert holds(shop, SUBJECT)["orders"] == "case 1: claims; case 3: claims"


def test_a_hold_on_one_person_holds_nobody_else() -> None:
    system = make_system()
    place_hold(system=system, subject_ref=SUBJECT)

    assert set(holds(system, "other", SUBJECT)) == {"customers", "orders"}
    assert holds(system, "other") == {}
    assert holds(system) == {}


def test_a_hold_stands_from_its_first_day_to_its_last_unless_it_is_lifted() -> None:
    system = make_system()
    hold = place_hold(system=system, until=NOON.date() + timedelta(days=2))

    assert [bool(holds(system, days=days)) for days in (-1, 0, 2, 3)] == [False, True, True, False]

    hold.lifted_at = NOON
    hold.save()

    assert holds(system) == {}


def test_a_system_that_is_disabled_or_of_no_known_address_is_refused(settings: Any) -> None:
    settings.SYSTEMS = {}

    with pytest.raises(SystemRefused, match="disabled"):
        open_connector(make_system("off", is_enabled=False), subjects=(), at=NOON)
    with pytest.raises(SystemRefused, match="ACCORDANT_SYSTEMS"):
        open_connector(make_system(), subjects=(), at=NOON)


def test_a_connector_that_is_opened_answers(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (customer_id TEXT PRIMARY KEY, email TEXT)")
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, note TEXT)")
    connection.close()
    settings.SYSTEMS = {"shop": f"sqlite:///{path}"}
    system = make_system(kind=SystemKind.SQL.value)

    assert "2 tables and 3 fields" in open_connector(system, subjects=(), at=NOON).probe()
