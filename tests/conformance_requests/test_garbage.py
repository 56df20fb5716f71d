"""Databases that hang, hold garbage or a million rows, and rows that come in meanwhile."""

import resource
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consent.requests.connectors.interface import DeclaredSystem, SystemFailed, SystemRefused
from consent.requests.connectors.sql.connector import SqlConnector
from consent.requests.types import Person, StepState
from consent.subjects.types import IdentifierKind
from tests.conformance_requests.asking import assert_silent, collect, report
from tests.conformance_requests.harness import ALICE, CUSTOMERS, KEY, PEOPLE
from tests.conformance_requests.harness_sql import SqlHarness
from tests.conformance_requests.sql_kinds import DATABASES, EMAIL, ID, databases, dataset, field

ANN = Person(identifiers={ID: ("1",)})
PLAIN = (str, int, float, bool, type(None))


def values_of(harness: SqlHarness, *names: str) -> dict[str, Any]:
    fields = [field(name) for name in names]
    _, rows = collect(harness.connect(dataset("people", field("id", ID), *fields)), ANN)
    ((_, row),) = rows
    return row


@databases("sql-postgresql")
def test_garbage_in_postgresql_is_handed_over_as_plain_values(harness: SqlHarness) -> None:
    harness.clear()
    harness.run(
        "CREATE TABLE people (id integer PRIMARY KEY, n numeric, f float8, t timestamptz, d date, b bytea,"
        " j jsonb, a text[], i interval, p point, u uuid, big text)",
        "INSERT INTO people VALUES (1, 'NaN', 'infinity', 'infinity', '20000-01-01', '\\x00ff',"
        " '{\"a\": [1]}', '{x,NULL}', '1 month', '(1,2)', gen_random_uuid(), repeat('x', 11000000))",
    )

    row = values_of(harness, "n", "f", "t", "d", "b", "j", "a", "i", "p", "u", "big")

    assert all(isinstance(value, PLAIN) for value in row.values())
    assert (row["n"], row["f"], row["t"], row["d"], row["b"]) == (
        "NaN",
        "inf",
        "infinity",
        "20000-01-01",
        "AP8=",
    )
    assert row["j"] == '{"a": [1]}'
    assert row["big"] == "(a value of 11000000 characters, which is not handed over)"


@databases("sql-mariadb")
def test_garbage_in_mariadb_is_handed_over_as_plain_values(harness: SqlHarness) -> None:
    harness.clear()
    harness.run(
        "CREATE TABLE people (id integer PRIMARY KEY, n decimal(30, 10), t time, b longblob, j json,"
        " c bit(8), y year, l varchar(20) CHARACTER SET latin1)",
    )
    harness.run(
        "INSERT INTO people VALUES (1, 12345678901234567890.5, '-800:00:00', x'00ff', '{\"a\": 1}', b'101',"
        " 2026, 'M\u00fcller')"
    )

    row = values_of(harness, "n", "t", "b", "j", "c", "y", "l")

    assert all(isinstance(value, PLAIN) for value in row.values())
    assert (row["b"], row["y"], row["l"]) == ("AP8=", 2026, "Müller")
    assert row["n"] == "12345678901234567890.5000000000"


@databases("sql-sqlite")
def test_garbage_in_sqlite_is_handed_over_as_plain_values(harness: SqlHarness) -> None:
    harness.clear()
    harness.run("CREATE TABLE people (id INTEGER PRIMARY KEY, d DATE, n NUMERIC, t TEXT, x TEXT, z TEXT)")
    with harness.database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO people VALUES (1, 'no date', 'no number', x'ff00fe', CAST(x'41ff' AS TEXT), :z)"
            ),
            {"z": "a\0b"},
        )

    row = values_of(harness, "d", "n", "t", "x", "z")

    assert all(isinstance(value, PLAIN) for value in row.values())
    assert (row["d"], row["n"], row["t"]) == ("no date", "no number", "/wD+")
    assert (row["x"], row["z"]) == ("A\ufffd", "a\ufffdb")


@databases("sql-postgresql", "sql-mariadb")
def test_rows_that_come_in_between_are_found_when_asked_again_and_a_lock_does_not_hang(
    harness: SqlHarness,
) -> None:
    harness.fill()
    connector = harness.open()
    with harness.database.owner.connect() as other:
        other.execute(text("SELECT * FROM customers FOR UPDATE"))
        with pytest.raises(SystemFailed) as failed:
            connector.erase(ALICE, key=KEY)
        assert_silent(str(failed.value))
        other.rollback()
    assert harness.held(CUSTOMERS) == list(PEOPLE)

    connector.erase(ALICE, key=KEY)
    harness.put(CUSTOMERS, PEOPLE[:1])

    assert connector.verify_gone(ALICE, key=KEY).state is StepState.PARTLY_DONE


@databases("sql-postgresql", "sql-mariadb")
def test_a_statement_that_takes_too_long_is_ended(harness: SqlHarness) -> None:
    harness.clear()
    harness.run(
        "CREATE TABLE calm (id integer PRIMARY KEY, email varchar(99))", "INSERT INTO calm VALUES (1, 'x')"
    )
    slow = "pg_sleep(9)::text" if harness.database.dialect == "postgresql" else "SLEEP(9)"
    harness.run(f"CREATE VIEW people AS SELECT id, CONCAT(email, {slow}) AS email FROM calm")

    with pytest.raises(SystemFailed):
        collect(harness.connect(dataset("people", field("email", EMAIL)), statement_seconds=1), ALICE)


@databases("sql-postgresql", "sql-mariadb")
def test_a_database_that_falls_silent_between_rows_is_given_up(harness: SqlHarness) -> None:
    harness.clear()
    harness.run("CREATE TABLE people (n INTEGER PRIMARY KEY, id VARCHAR(9), note TEXT)")
    harness.put("people", [{"n": n, "id": "1", "note": "x" * 60_000} for n in range(200)])
    people = dataset("people", field("n"), field("id", ID), field("note"))
    wire = harness.database.wire
    assert wire is not None

    with ExitStack() as stack:
        quiet: list[Any] = []

        def take(_: str, __: Any) -> None:
            if not quiet:
                quiet.append(stack.enter_context(wire.silent()))

        with pytest.raises(SystemFailed):
            harness.connect(people, statement_seconds=1, batch_rows=2).collect(ANN, take, key=KEY)


@databases("sql-sqlite")
def test_settings_that_name_what_is_not_declared_are_refused(harness: SqlHarness) -> None:
    customers = dataset(CUSTOMERS, field("email", EMAIL), field("name"))

    for settings in (
        {"written_normalised": ["customers.name"]},
        {"restricted_flags": {"elsewhere": "x"}},
        {"restricted_flags": {CUSTOMERS: "missing"}},
        {"restricted_flags": {CUSTOMERS: "name"}},
    ):
        with pytest.raises(SystemRefused):
            harness.connect(customers, **settings).probe()


@databases(*DATABASES)
def test_many_rows_are_handed_over_in_little_memory(harness: SqlHarness) -> None:
    harness.clear()
    harness.run("CREATE TABLE people (n INTEGER PRIMARY KEY, id VARCHAR(9), note VARCHAR(400))")
    with harness.database.owner.begin() as connection:
        connection.execute(text("INSERT INTO people VALUES (0, '1', :note)"), {"note": "x" * 400})
        for power in range(17):
            connection.execute(text(f"INSERT INTO people SELECT n + {2**power}, id, note FROM people"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen = 0

    def take(_: str, __: Any) -> None:
        nonlocal seen
        seen += 1

    people = dataset("people", field("n"), field("id", ID), field("note"))
    outcome = harness.connect(people, statement_seconds=60).collect(ANN, take, key=KEY)

    assert seen == report(outcome, "people").done == 2**17
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB; the rows are 50 MB


@databases(*DATABASES)
def test_what_goes_wrong_in_the_sink_is_the_sinks_own(harness: SqlHarness) -> None:
    harness.fill()

    def full(_: str, __: Any) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        harness.open().collect(ALICE, full, key=KEY)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "oracle://planted-password@x/y",
        "sqlite://",
        "sqlite:////nowhere/x.db",
        "shop://x",
        "a b://",
    ],
)
def test_an_address_that_makes_no_sense_is_refused_without_being_told(address: str) -> None:
    system = DeclaredSystem(slug="x", address=address, datasets=(dataset("people", field("email", EMAIL)),))

    with pytest.raises((SystemRefused, SystemFailed)) as refused:
        SqlConnector(system).probe()

    assert_silent(str(refused.value))
    assert "nowhere" not in str(refused.value)


def test_a_file_of_sqlite_that_is_none_is_refused_and_a_missing_one_is_not_made(tmp_path: Path) -> None:
    people = (dataset("people", field("email", EMAIL)),)
    (tmp_path / "x.db").write_bytes(b"planted-password" * 1000)

    for name in ("x.db", "missing.db"):
        with pytest.raises((SystemRefused, SystemFailed)) as refused:
            SqlConnector(
                DeclaredSystem(slug="x", address=f"sqlite:///{tmp_path / name}", datasets=people)
            ).probe()
        assert_silent(str(refused.value))

    assert not (tmp_path / "missing.db").exists()


def test_a_locked_file_of_sqlite_fails_in_time(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (email TEXT)")
    connection.close()
    system = DeclaredSystem(
        slug="x",
        address=f"sqlite:///{path}",
        settings={"lock_seconds": 1},
        datasets=(dataset("people", field("email", IdentifierKind.EMAIL)),),
    )
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(SystemFailed):
            SqlConnector(system).erase(ALICE, key=KEY)
    finally:
        holder.close()
