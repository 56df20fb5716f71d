"""Erasing rows of a database: masks, holds, foreign keys, and nothing by halves."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from consent.requests.connectors.interface import SystemRefused
from consent.requests.types import Masking, OnErasure, Person, StepState
from tests.conformance_requests.asking import find, report
from tests.conformance_requests.harness import ALICE, CUSTOMERS, KEY, ORDERS, PEOPLE
from tests.conformance_requests.harness_sql import SqlHarness
from tests.conformance_requests.sql_kinds import DATABASES, EMAIL, ID, databases, dataset, field, kept

ANN = Person(identifiers={ID: ("C-1",), EMAIL: ("ann@x.org",)})
MASK = OnErasure.MASK
PSEUDONYM = re.compile(r"pseudonym-[0-9a-f]{64}")


def fill(harness: SqlHarness, columns: str, *rows: dict[str, Any]) -> None:
    harness.clear()
    harness.run(f"CREATE TABLE people (id INTEGER PRIMARY KEY, {columns})")
    harness.put("people", rows)


@databases(*DATABASES)
def test_masks_overwrite_and_leave_what_is_kept(harness: SqlHarness) -> None:
    fill(
        harness,
        "email VARCHAR(99), name VARCHAR(99), town VARCHAR(20) NOT NULL, vat INTEGER",
        {"id": 1, "email": "Ann@x.org", "name": "Ann", "town": "Ulm", "vat": 7},
        {"id": 2, "email": "bob@x.org", "name": "Bob", "town": "Bonn", "vat": 8},
    )
    people = dataset(
        "people",
        field("email", EMAIL),
        field("name", masking=Masking.HASH),
        field("town", masking=Masking.REPLACE, replacement="erased"),
        field("vat", masking=Masking.KEEP, keep_ground="tax"),
        on_erasure=MASK,
    )

    connector = harness.connect(people)
    outcome = connector.erase(ANN, key=KEY)

    ann, bob = harness.held("people")
    assert bob == {"id": 2, "email": "bob@x.org", "name": "Bob", "town": "Bonn", "vat": 8}
    assert (ann["email"], ann["town"], ann["vat"]) == (None, "erased", 7)
    assert PSEUDONYM.fullmatch(ann["name"])
    assert report(outcome, "people").done == 1
    assert outcome.note == "pseudonymised, and not erased: people.name"
    assert connector.verify_gone(ANN, key=KEY).state is StepState.DONE
    assert connector.erase(ANN, key=KEY).datasets[0].found == 0
    assert harness.held("people") == [ann, bob]


@databases(*DATABASES)
def test_rows_that_are_found_again_are_not_hashed_twice_and_are_verified_field_by_field(
    harness: SqlHarness,
) -> None:
    fill(harness, "email VARCHAR(99), name VARCHAR(99)", {"id": 1, "email": "ann@x.org", "name": "Ann"})
    people = dataset("people", kept("email", EMAIL), field("name", masking=Masking.HASH), on_erasure=MASK)
    connector = harness.connect(people)
    assert connector.verify_gone(ANN, key=KEY).state is StepState.PARTLY_DONE

    connector.erase(ANN, key=KEY)
    once = harness.held("people")
    connector.erase(ANN, key=KEY)

    assert harness.held("people") == once
    assert connector.verify_gone(ANN, key=KEY).state is StepState.DONE


@databases(*DATABASES)
def test_the_same_value_has_the_same_pseudonym_and_more_rows_than_a_batch_are_masked(
    harness: SqlHarness,
) -> None:
    rows = [{"id": n, "email": "ann@x.org", "name": f"Ann {n % 2}"} for n in range(25)]
    fill(harness, "email VARCHAR(99), name VARCHAR(99)", *rows)
    people = dataset("people", field("email", EMAIL), field("name", masking=Masking.HASH), on_erasure=MASK)

    outcome = harness.connect(people, batch_rows=4).erase(ANN, key=KEY)

    assert report(outcome, "people").done == 25
    assert len({row["name"] for row in harness.held("people")}) == 2
    assert {row["email"] for row in harness.held("people")} == {None}


@databases(*DATABASES)
@pytest.mark.parametrize(
    ("column", "masked", "word"),
    [
        ("v VARCHAR(99) NOT NULL", field("v"), "cannot be empty"),
        ("v VARCHAR(99) UNIQUE", field("v", masking=Masking.REPLACE, replacement="x"), "unique"),
        ("v INTEGER", field("v", masking=Masking.REPLACE, replacement="x"), "whole number"),
        ("v VARCHAR(3)", field("v", masking=Masking.REPLACE, replacement="erased"), "at most 3"),
        ("v INTEGER", field("v", masking=Masking.HASH), "no text"),
        ("v VARCHAR(20)", field("v", masking=Masking.HASH), "too short"),
        ("v DATE", field("v", masking=Masking.REPLACE, replacement="never"), "a date"),
    ],
)
def test_a_mask_that_a_column_cannot_hold_is_refused_before_anything_changes(
    harness: SqlHarness, column: str, masked: Any, word: str
) -> None:
    value = "2026-01-01" if "DATE" in column else "1"
    fill(harness, f"email VARCHAR(99), {column}", {"id": 1, "email": "ann@x.org", "v": value})
    connector = harness.connect(dataset("people", field("email", EMAIL), masked, on_erasure=MASK))
    before = harness.held("people")

    for ask in (connector.probe, lambda: connector.erase(ANN, key=KEY)):
        with pytest.raises(SystemRefused, match=word):
            ask()

    assert harness.held("people") == before


@databases(*DATABASES)
def test_a_hold_on_children_keeps_their_parents_too(harness: SqlHarness) -> None:
    harness.fill()
    harness.put(CUSTOMERS, [{"customer_id": "C-9", "email": "alice@planted.example.org"}])

    connector = harness.open(**{ORDERS: {"hold": "case 12"}})
    shown, rows = find(connector)
    outcome = connector.erase(ALICE, key=KEY)
    verified = connector.verify_gone(ALICE, key=KEY)

    assert [row["customer_id"] for row in harness.held(CUSTOMERS)] == ["C-1", "C-2"]
    assert (report(outcome, CUSTOMERS).done, report(outcome, CUSTOMERS).kept) == (1, 1)
    assert report(outcome, CUSTOMERS).ground == "rows of orders refer to it: case 12"
    assert report(outcome, ORDERS).kept == 2
    assert [row["customer_id"] for name, row in rows if name == CUSTOMERS] == ["C-9"]
    assert report(shown, CUSTOMERS).done == 1
    assert verified.state is StepState.DONE


@databases(*DATABASES)
def test_a_parent_that_is_masked_is_masked_though_children_are_kept_but_not_though_they_are_held(
    harness: SqlHarness,
) -> None:
    masked: dict[str, Any] = {
        "on_erasure": MASK,
        "fields": (kept("customer_id", ID), field("email", EMAIL), field("name")),
    }
    kept_orders = {"on_erasure": OnErasure.KEEP, "keep_ground": "tax law"}
    harness.fill()

    harness.open(**{CUSTOMERS: masked, ORDERS: {"hold": "case 12"}}).erase(ALICE, key=KEY)
    assert harness.held(CUSTOMERS) == list(PEOPLE)

    outcome = harness.open(**{CUSTOMERS: masked, ORDERS: kept_orders}).erase(ALICE, key=KEY)
    assert harness.held(CUSTOMERS)[0]["name"] is None
    assert report(outcome, ORDERS).kept == 2


@databases(*DATABASES)
def test_a_parent_that_a_foreign_key_of_kept_rows_needs_is_kept_on_their_ground(harness: SqlHarness) -> None:
    harness.fill()
    kept_orders = {"on_erasure": OnErasure.KEEP, "keep_ground": "tax law"}

    connector = harness.open(**{ORDERS: kept_orders})
    outcome = connector.erase(ALICE, key=KEY)

    assert harness.held(CUSTOMERS) == list(PEOPLE)
    assert report(outcome, CUSTOMERS).ground == "rows of orders refer to it: tax law"
    assert connector.verify_gone(ALICE, key=KEY).state is StepState.DONE


@databases(*DATABASES)
def test_masked_rows_that_would_go_on_referring_to_erased_ones_are_refused(harness: SqlHarness) -> None:
    harness.fill()
    masked = {"on_erasure": MASK, "fields": (field("note"),)}

    with pytest.raises(SystemRefused, match="rows of orders stay, masked, and refer to customers"):
        harness.open(**{ORDERS: masked}).erase(ALICE, key=KEY)

    assert harness.held(CUSTOMERS) == list(PEOPLE)


@databases(*DATABASES)
def test_rows_of_a_table_that_nobody_declared_keep_all_as_it_was(harness: SqlHarness) -> None:
    harness.fill()
    harness.run(
        "CREATE TABLE tickets (id INTEGER PRIMARY KEY, customer VARCHAR(64) NOT NULL,"
        " FOREIGN KEY (customer) REFERENCES customers (customer_id))"
    )
    harness.put("tickets", [{"id": 1, "customer": "C-1"}])

    with pytest.raises(SystemRefused, match="not declared") as refused:
        harness.open().erase(ALICE, key=KEY)

    assert "C-1" not in str(refused.value)
    assert harness.held(CUSTOMERS) == list(PEOPLE)
    assert len(harness.held(ORDERS)) == 3


@databases("sql-postgresql", "sql-sqlite")
def test_a_database_that_lets_nothing_go_is_told_to_have_kept_it(harness: SqlHarness) -> None:
    harness.fill()
    harness.run(
        "CREATE RULE deaf AS ON DELETE TO customers DO INSTEAD NOTHING"
        if harness.database.dialect == "postgresql"
        else "CREATE TRIGGER deaf BEFORE DELETE ON customers BEGIN SELECT RAISE(IGNORE); END"
    )

    outcome = harness.open().erase(ALICE, key=KEY)

    assert outcome.state is StepState.PARTLY_DONE
    assert outcome.note == "customers: 1 rows did not go"
    assert report(outcome, CUSTOMERS).done == 0
    assert harness.open().verify_gone(ALICE, key=KEY).state is StepState.PARTLY_DONE


@databases(*DATABASES)
def test_a_correction_by_field_wins_over_its_category_and_is_typed(harness: SqlHarness) -> None:
    fill(
        harness,
        "email VARCHAR(99), born DATE, points INTEGER, is_new BOOLEAN",
        {"id": 1, "email": "ann@x.org", "born": "1990-01-01", "points": 1, "is_new": True},
    )
    people = dataset("people", field("email", EMAIL), field("born"), field("points"), field("is_new"))
    connector = harness.connect(people)

    right = {"user.born": "1991-02-03", "people.points": "7", "user.points": "8", "user.is_new": "no"}
    assert connector.rectify(ANN, right, key=KEY).state is StepState.DONE
    assert [str(harness.held("people")[0][name]) for name in ("born", "points")] == ["1991-02-03", "7"]
    assert not harness.held("people")[0]["is_new"]

    told = connector.rectify(ANN, {"user.born": "planted", "user.points": "9"}, key=KEY)
    assert told.state is StepState.PARTLY_DONE
    assert told.note == "people.born holds a date, and not what it should be"
    assert harness.held("people")[0]["points"] == 9


@databases(*DATABASES)
def test_a_restriction_is_marked_and_what_has_no_mark_needs_a_human(harness: SqlHarness) -> None:
    harness.fill()

    assert harness.open().restrict(ALICE, key=KEY).state is StepState.DONE
    with harness.database.owner.connect() as connection:
        marked = connection.execute(text("SELECT customer_id FROM customers WHERE is_restricted"))
        assert [one for (one,) in marked] == ["C-1"]

    told = harness.connect(dataset(CUSTOMERS, field("email", EMAIL))).restrict(ALICE, key=KEY)
    assert told.state is StepState.PARTLY_DONE
    assert "a human must do it" in told.note
