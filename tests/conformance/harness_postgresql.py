"""A database of its own in the tests' PostgreSQL, reached over a wire that can be cut."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pyarrow as pa
from django.db import connections
from psycopg import sql
from psycopg.rows import dict_row

from activation.destinations.kinds import postgresql
from activation.destinations.kinds.interface import Delivery
from tests.conformance.harness import Fault, Harness, Rows, with_column
from tests.conformance.wire import Wire

TABLE = "people"
USER = "conformance_recipient"
PASSWORD = "planted-password-8d1f"
_STEPS = "activation.destinations.kinds.postgresql.statements"


class PostgresqlHarness(Harness):
    """The database, as its owner sees it."""

    kind = postgresql.KIND
    steps: ClassVar = [f"{_STEPS}.{name}" for name in ("lock", "create", "stage", "clear", "replace")] + [
        "psycopg.Connection.commit"
    ]

    removal_steps: ClassVar = [f"{_STEPS}.lock", f"{_STEPS}.delete", "psycopg.Connection.commit"]

    def __init__(self, owner: psycopg.Connection[Any], wire: Wire) -> None:
        self.owner, self.wire = owner, wire
        self.database = owner.info.dbname

    def settings(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.wire.port,
            "database": self.database,
            "user": USER,
            "table": TABLE,
            "schema": "crm",
            "tls": "disable",
            "connect_seconds": 2,
            "step_seconds": 3,
        }

    def secrets(self) -> dict[str, str]:
        return {"password": PASSWORD}

    def reset(self) -> None:
        self.owner.execute("DROP SCHEMA IF EXISTS crm CASCADE")
        self.owner.execute("CREATE SCHEMA crm")
        self.owner.execute(f"GRANT USAGE, CREATE ON SCHEMA crm TO {USER}")

    def held(self, audience: str) -> Rows:
        if self.owner.execute("SELECT to_regclass('crm.people')").fetchone() == (None,):
            return []
        with self.owner.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                "SELECT * FROM crm.people WHERE accordant_audience = %s", [audience]
            ).fetchall()
        own = {"accordant_audience", "accordant_run"}
        return [{name: value for name, value in row.items() if name not in own} for row in rows]

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        if fault is Fault.HANGS:
            with self.wire.silent():
                yield
        elif fault is Fault.UNREACHABLE:
            with self.wire.cut():
                yield
        else:
            # A user who may not log in; and one who has no connection left.
            user = sql.Identifier(USER)
            breaking, mending = {
                Fault.REFUSES: ("ALTER ROLE {user} NOLOGIN", "ALTER ROLE {user} LOGIN"),
                Fault.IN_TROUBLE: (
                    "ALTER ROLE {user} CONNECTION LIMIT 0",
                    "ALTER ROLE {user} CONNECTION LIMIT -1",
                ),
            }[fault]
            self.owner.execute(sql.SQL(breaking).format(user=user))
            try:
                yield
            finally:
                self.owner.execute(sql.SQL(mending).format(user=user))

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        for table in ("", "people; DROP TABLE x", 'a"b', "x" * 51, "1st", "people\n", "a.b"):
            yield {"table": table}, "table"
        for port in (0, 65_536, -1):
            yield {"port": port}, "port"
        yield {"tls": "prefer"}, "tls"
        yield {"database": "x y"}, "database"
        yield {"user": ""}, "user"
        yield {"step_seconds": 0}, "step_seconds"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        for name, column in {
            "tags": pa.array([["a"]] * delivery.rows),
            "raw": pa.array([b"\xff"] * delivery.rows),
            "x" * 64: pa.nulls(delivery.rows, pa.string()),
            "accordant_run": pa.nulls(delivery.rows, pa.string()),
            "note": pa.nulls(delivery.rows, pa.string()),
        }.items():
            yield name, with_column(delivery, name, column)


@contextmanager
def start(_: Path) -> Iterator[Harness]:
    """Give a new database, with a user who may do nothing but be its recipient."""
    parameters = connections["default"].get_connection_params()
    where = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    name = "conformance_recipient"
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as admin:
        for statement in (
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
            f'CREATE DATABASE "{name}"',
            f"DROP ROLE IF EXISTS {USER}",
            f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'",
        ):
            admin.execute(statement)
        wire = Wire(lambda: _connect(where))
        try:
            with psycopg.connect(dbname=name, autocommit=True, prepare_threshold=None, **where) as owner:
                yield PostgresqlHarness(owner, wire)
        finally:
            wire.close()
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            admin.execute(f"DROP ROLE {USER}")


def _connect(server: dict[str, Any]) -> socket.socket:
    host, port = server.get("host", "localhost"), server.get("port", 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    far = socket.socket(socket.AF_UNIX)
    far.connect(f"{host}/.s.PGSQL.{port}")
    return far
