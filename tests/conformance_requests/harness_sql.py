"""Databases behind the SQL connector."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import inspect, text

from consent.requests.connectors.interface import Connector, DeclaredDataset, DeclaredSystem
from consent.requests.connectors.sql import erasing
from consent.requests.connectors.sql.connector import SqlConnector
from consent.requests.types import DatasetReport, StepAction
from tests.conformance_requests import databases
from tests.conformance_requests.databases import Database
from tests.conformance_requests.harness import Fault, Harness, Row, declare

_CUSTOMERS = """
    CREATE TABLE customers (
        customer_id VARCHAR(64) PRIMARY KEY, email VARCHAR(254), phone VARCHAR(64), name VARCHAR(200),
        is_restricted BOOLEAN NOT NULL DEFAULT FALSE
    )
"""
_ORDERS = """
    CREATE TABLE orders (
        id VARCHAR(64) PRIMARY KEY, customer VARCHAR(64) NOT NULL, note TEXT,
        is_restricted BOOLEAN NOT NULL DEFAULT FALSE,
        FOREIGN KEY (customer) REFERENCES customers (customer_id)
    )
"""
_CHECKS = {
    "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
    "mysql": ("SET foreign_key_checks = 0", "SET foreign_key_checks = 1"),
    "mariadb": ("SET foreign_key_checks = 0", "SET foreign_key_checks = 1"),
}
SETTINGS: Mapping[str, Any] = {
    "connect_seconds": 2,
    "statement_seconds": 2,
    "restricted_flags": {"customers": "is_restricted", "orders": "is_restricted"},
}


class SqlHarness(Harness):
    """One database."""

    answers = frozenset(
        {
            StepAction.COLLECT,
            StepAction.RECTIFY,
            StepAction.RESTRICT,
            StepAction.ERASE,
            StepAction.VERIFY_GONE,
        }
    )

    def __init__(self, database: Database) -> None:
        self.database = database
        if database.wire is None:
            self.faults = frozenset({Fault.UNREACHABLE})

    def reset(self) -> None:
        self.clear()
        self.run(_CUSTOMERS, _ORDERS)

    def clear(self) -> None:
        """Drop every table, whatever refers to it."""
        with self.database.owner.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text("CREATE SCHEMA public"))
                return
            off, on = _CHECKS[connection.dialect.name]
            connection.execute(text(off))
            for name in inspect(connection).get_view_names():
                connection.execute(text(f"DROP VIEW `{name}`"))
            for name in inspect(connection).get_table_names():
                connection.execute(text(f"DROP TABLE `{name}`"))
            connection.execute(text(on))

    def connect(self, *datasets: DeclaredDataset, **settings: Any) -> SqlConnector:
        """Return a connector to tables of the test's own."""
        return SqlConnector(
            DeclaredSystem(
                slug="shop",
                address=self.database.address,
                settings={"connect_seconds": 2, "statement_seconds": 5, **settings},
                datasets=datasets,
                hash_key=b"k" * 32,
            )
        )

    def run(self, *statements: str) -> None:
        """Carry out statements as the owner."""
        with self.database.owner.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def put(self, dataset: str, rows: Sequence[Row]) -> None:
        with self.database.owner.begin() as connection:
            for row in rows:
                names = ", ".join(row)
                places = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {dataset} ({names}) VALUES ({places})"), row)

    def held(self, dataset: str) -> list[Row]:
        with self.database.owner.connect() as connection:
            rows = connection.execute(text(f"SELECT * FROM {dataset} ORDER BY 1")).mappings()
            return [{name: value for name, value in row.items() if name != "is_restricted"} for row in rows]

    def open(self, **changes: Mapping[str, Any]) -> Connector:
        return SqlConnector(self.declared(**changes))

    def declared(self, **changes: Mapping[str, Any]) -> DeclaredSystem:
        """Return the system as it is declared."""
        return DeclaredSystem(
            slug="shop",
            address=self.database.address,
            settings=SETTINGS,
            datasets=declare(**changes),
            hash_key=b"k" * 32,
        )

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        wire = self.database.wire
        if wire is None:
            path = Path(self.database.address.removeprefix("sqlite:///"))
            path.rename(path.with_suffix(".away"))
            try:
                yield
            finally:
                path.with_suffix(".away").rename(path)
        elif fault is Fault.UNAUTHORISED:
            right = self.database.address
            self.database.address = right.replace(databases.PASSWORD, "planted-password-wrong")
            try:
                yield
            finally:
                self.database.address = right
        else:
            with wire.silent() if fault is Fault.HANGS else wire.cut():
                yield

    def lies(self) -> AbstractContextManager[None]:
        return _deaf()


@contextmanager
def _deaf() -> Iterator[None]:
    """Have every DELETE and UPDATE answered, and none carried out: a trigger or a rule may do that."""

    def lie(session: Any, one: Any, theirs: Any, *_: Any, **__: Any) -> DatasetReport:
        found = erasing.count(session, one, theirs)
        return DatasetReport(dataset=one.declared.name, found=found, done=found)

    with patch("consent.requests.connectors.sql.connector.erase_rows", lie):
        yield


@contextmanager
def start_postgresql(folder: Path) -> Iterator[Harness]:
    with databases.postgresql(folder) as database:
        yield SqlHarness(database)


@contextmanager
def start_mariadb(folder: Path) -> Iterator[Harness]:
    with databases.mariadb(folder) as database:
        yield SqlHarness(database)


@contextmanager
def start_sqlite(folder: Path) -> Iterator[Harness]:
    with databases.sqlite(folder) as database:
        yield SqlHarness(database)
