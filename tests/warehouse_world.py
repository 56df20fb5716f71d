"""A PostgreSQL database beside the service's own: a source to ask, or a warehouse to guard."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connections
from psycopg import sql

PASSWORD = "for-tests-only"


@dataclass(frozen=True)
class Warehouse:
    """A database of its own, and roles that only its tests know."""

    name: str

    def role(self, name: str) -> str:
        """Return the name of a role: those of one server are seen by every test process."""
        return f"{name}_{_process()}"

    def connect(self, role: str | None = None) -> psycopg.Connection[Any]:
        """Return a connection of the server's owner, or of a role that `create_role` made."""
        given = {"user": role, "password": PASSWORD} if role else {}
        return psycopg.connect(**{**_server(), **given}, dbname=self.name, autocommit=True)

    def execute(self, *statements: str) -> None:
        """Execute the statements as the server's owner."""
        with closing(self.connect()) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def create_role(self, name: str, options: str = "") -> str:
        """Create a role that may log in, and return its whole name."""
        role = self.role(name)
        self.execute(
            f"DROP ROLE IF EXISTS {role}", f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' {options}"
        )
        return role

    def address(self, role: str) -> str:
        """Return the URI by which `role` connects."""
        host = quote(str(_server().get("host", "")), safe="")
        port = _server().get("port", "")
        return f"postgresql://{role}:{PASSWORD}@/{self.name}?host={host}" + (f"&port={port}" if port else "")


@contextmanager
def open_warehouse(name: str) -> Iterator[Warehouse]:
    """Give an empty database; it and its roles are dropped on leaving."""
    warehouse = Warehouse(f"{name}_{_process()}")
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", warehouse.name)
    _administer("CREATE DATABASE {}", warehouse.name)
    try:
        yield warehouse
    finally:
        _administer("DROP DATABASE {} WITH (FORCE)", warehouse.name)
        _drop_roles()


def _process() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _server() -> dict[str, Any]:
    parameters = connections["default"].get_connection_params()
    return {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}


def _administer(statement: str, name: str) -> None:
    with closing(psycopg.connect(**_server(), dbname="postgres", autocommit=True)) as server:
        server.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _drop_roles() -> None:
    with closing(psycopg.connect(**_server(), dbname="postgres", autocommit=True)) as server:
        found = server.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"%\\_{_process()}"])
        for (role,) in found.fetchall():
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
