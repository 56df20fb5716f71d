"""Whose a row is: identifiers as they are written in databases, and rows that refer to rows."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from consent.requests.connectors.interface import SystemRefused
from consent.requests.types import Person
from consent.subjects.types import IdentifierKind
from tests.conformance_requests.asking import collect, report
from tests.conformance_requests.harness import KEY
from tests.conformance_requests.harness_sql import SqlHarness
from tests.conformance_requests.sql_kinds import DATABASES, EMAIL, ID, PHONE, databases, dataset, field


def person(**identifiers: str) -> Person:
    return Person(identifiers={IdentifierKind(kind): (value,) for kind, value in identifiers.items()})


ANN, NUMBER = person(email="ann@example.org"), person(phone="+493012345678")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def found_by(
    harness: SqlHarness, kind: IdentifierKind, column: str, values: list[Any], who: Person
) -> list[Any]:
    """Return which of the values, in a column of that type, are found to be the person's."""
    harness.clear()
    harness.run(f"CREATE TABLE people (n INTEGER PRIMARY KEY, v {column})")
    harness.put("people", [{"n": n, "v": value} for n, value in enumerate(values)])
    _, rows = collect(harness.connect(dataset("people", field("n"), field("v", kind))), who)
    return [values[row["n"]] for _, row in rows]


@databases(*DATABASES)
def test_an_address_is_found_however_it_is_written(harness: SqlHarness) -> None:
    theirs = ["ann@example.org", "ANN@Example.ORG", " ann@example.org\t", "ann@EXAMPLE.org\n"]
    others = [
        "ann@example.org.uk",
        "xann@example.org",
        "an n@example.org",
        "ann",
        "",
        None,
        "an%@example.org",
    ]

    assert found_by(harness, EMAIL, "VARCHAR(100)", [*theirs, *others], ANN) == theirs


@databases(*DATABASES)
def test_letters_beyond_ascii_and_domains_beyond_ascii_are_found(harness: SqlHarness) -> None:
    theirs = [
        "jürgen@münchen.example.org",
        "JÜRGEN@münchen.example.org",
        "ju\u0308rgen@xn--mnchen-3ya.example.org",
    ]
    who = person(email="jürgen@xn--mnchen-3ya.example.org")

    assert found_by(harness, EMAIL, "VARCHAR(100)", [*theirs, "jurgen@münchen.example.org"], who) == theirs


@databases(*DATABASES)
def test_a_number_is_found_with_any_punctuation(harness: SqlHarness) -> None:
    theirs = ["+493012345678", "+49 30 123-456.78", " +49 (30) 12345678"]
    others = ["+4930123456789", "030 12345678", "493012345678", None, "+49"]

    assert found_by(harness, PHONE, "VARCHAR(100)", [*theirs, *others], NUMBER) == theirs


@databases(*DATABASES)
def test_a_customer_number_is_compared_to_the_letter_whatever_the_collation_is(harness: SqlHarness) -> None:
    values = ["C-1", "c-1", "C-1 ", "C-10", "Ć-1", "C-1x", None]

    assert found_by(harness, ID, "VARCHAR(100)", values, person(customer_id="C-1")) == ["C-1", "C-1 "]


@databases(*DATABASES)
@pytest.mark.parametrize("column", ["INTEGER", "BIGINT", "NUMERIC(12, 0)"])
def test_a_customer_number_is_found_in_a_column_of_numbers(harness: SqlHarness, column: str) -> None:
    assert found_by(harness, ID, column, [1042, 42, 0, None], person(customer_id="1042")) == [1042]
    assert found_by(harness, ID, column, [1042, 42, 0, None], person(customer_id="01042")) == []
    assert found_by(harness, ID, column, [1042, 42, 0, None], person(customer_id="C-1042")) == []


@databases(*DATABASES)
def test_hashes_lead_to_who_is_known_in_clear_and_the_other_way_round(harness: SqlHarness) -> None:
    digest = sha256("ann@example.org")
    hashed = IdentifierKind.EMAIL_SHA256

    assert found_by(harness, hashed, "VARCHAR(64)", [digest, digest.upper(), sha256("x")], ANN) == [
        digest,
        digest.upper(),
    ]
    assert found_by(
        harness,
        EMAIL,
        "VARCHAR(100)",
        ["Ann@example.org", "bob@example.org", None],
        person(email_sha256=digest),
    ) == ["Ann@example.org"]


@databases("sql-postgresql")
def test_other_types_of_postgresql_are_found(harness: SqlHarness) -> None:
    uuid = "6f1c2f0e-6a9e-4c33-9c1b-0d1f3f6b7a10"

    assert found_by(harness, ID, "uuid", [uuid], person(customer_id=uuid.upper())) == [uuid]
    assert found_by(harness, ID, "char(9)", ["C-1", "C-2"], person(customer_id="C-1")) == ["C-1"]
    harness.clear()
    harness.run("CREATE DOMAIN address AS text")
    harness.run(
        "CREATE TABLE people (n INTEGER PRIMARY KEY, v address)", "INSERT INTO people VALUES (1, 'A@x.org')"
    )
    _, rows = collect(
        harness.connect(dataset("people", field("n"), field("v", EMAIL))), person(email="a@x.org")
    )
    assert len(rows) == 1


@databases(*DATABASES)
def test_fields_that_are_written_normalised_are_looked_up_as_they_are(harness: SqlHarness) -> None:
    harness.clear()
    harness.run("CREATE TABLE people (n INTEGER PRIMARY KEY, v VARCHAR(100))")
    harness.put("people", [{"n": 1, "v": "ann@example.org"}, {"n": 2, "v": "\tann@example.org"}])
    people = dataset("people", field("n"), field("v", EMAIL))

    _, rows = collect(harness.connect(people, written_normalised=["people.v"]), ANN)

    assert [row["n"] for _, row in rows] == [1]


@databases(*DATABASES)
def test_rows_are_followed_to_any_depth_and_a_row_that_two_ways_lead_to_is_one(harness: SqlHarness) -> None:
    harness.clear()
    harness.run(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(100))",
        "CREATE TABLE carts (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id))",
        "CREATE TABLE bills (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id))",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, cart INTEGER REFERENCES carts (id),"
        " bill INTEGER REFERENCES bills (id))",
    )
    harness.put("people", [{"id": 1, "email": "ann@x.org"}, {"id": 2, "email": "bob@x.org"}])
    harness.put("carts", [{"id": 10, "person": 1}, {"id": 11, "person": 2}])
    harness.put("bills", [{"id": 20, "person": 1}, {"id": 21, "person": 2}])
    harness.put(
        "items",
        [
            {"id": 1, "cart": 10, "bill": 20},
            {"id": 2, "cart": 10, "bill": None},
            {"id": 3, "cart": None, "bill": 20},
            {"id": 4, "cart": 11, "bill": 21},
            {"id": 5, "cart": None, "bill": None},
        ],
    )
    connector = harness.connect(
        dataset("items", field("id"), to={"cart": "carts.id", "bill": "bills.id"}),
        dataset("people", field("email", EMAIL)),
        dataset("bills", field("id"), to={"person": "people.id"}),
        dataset("carts", field("id"), to={"person": "people.id"}),
    )

    outcome, rows = collect(connector, person(email="ann@x.org"))
    erased = connector.erase(person(email="ann@x.org"), key=KEY)

    assert sorted(row["id"] for name, row in rows if name == "items") == [1, 2, 3]
    assert report(outcome, "items").found == report(erased, "items").done == 3
    assert [row["id"] for row in harness.held("items")] == [4, 5]
    assert [row["id"] for row in harness.held("people")] == [2]


@databases("sql-sqlite")
def test_references_in_a_circle_are_refused_with_the_circle(harness: SqlHarness) -> None:
    connector = harness.connect(
        dataset("customers", field("email", EMAIL), to={"name": "orders.id"}),
        dataset("orders", field("id"), to={"customer": "customers.customer_id"}),
    )

    with pytest.raises(SystemRefused, match="circle: customers > orders > customers"):
        connector.probe()


@databases(*DATABASES)
def test_what_is_declared_and_not_there_is_named(harness: SqlHarness) -> None:
    for declared, word in (
        (dataset("nowhere", field("email", EMAIL)), "nowhere"),
        (dataset("customers", field("missing", EMAIL)), "missing"),
        (dataset("customers", field("name")), "whose"),
        (dataset("customers", field("email", EMAIL), key_fields=("absent",)), "absent"),
        (dataset("customers", field("email", EMAIL), to={"name": "elsewhere.id"}), "elsewhere"),
        (dataset('x"; DROP TABLE orders; --', field("email", EMAIL)), "not there"),
    ):
        with pytest.raises(SystemRefused, match=word):
            harness.connect(declared).probe()


@databases(*DATABASES)
def test_names_that_need_quotes_are_quoted(harness: SqlHarness) -> None:
    harness.clear()
    table = Table("Select it;", MetaData(), Column("id", Integer), Column("e mail'%s", String(99)))
    with harness.database.owner.begin() as connection:
        table.create(connection)
        connection.execute(table.insert().values({"id": 1, "e mail'%s": "ann@example.org"}))

    connector = harness.connect(dataset("Select it;", field("e mail'%s", EMAIL)))

    assert connector.erase(ANN, key=KEY).datasets[0].done == 1


@databases(*DATABASES)
def test_an_identifier_is_data_and_never_a_part_of_a_statement(harness: SqlHarness) -> None:
    harness.fill()
    hostile = "x' OR '1'='1"

    connector = harness.open()
    outcome = connector.erase(Person(identifiers={ID: (hostile, '" OR 1=1 --', "%", "C-_")}), key=KEY)

    assert sum(one.found for one in outcome.datasets) == 0
    assert len(harness.held("customers")) == 2
