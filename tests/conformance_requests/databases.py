"""The databases that the SQL connector is tried on, each reached over a wire that can be cut."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from django.db import connections
from psycopg import sql
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.pool import NullPool

from tests.conformance.wire import Wire
from tests.mariadb import MariaDB

USER = "systems_visitor"
PASSWORD = "planted-password-91c4"


class Database:
    """One database: as its owner sees it, and the address that a connector is told."""

    def __init__(self, owner: Engine, address: str, wire: Wire | None) -> None:
        self.owner, self.address, self.wire = owner, address, wire

    @property
    def dialect(self) -> str:
        return self.owner.dialect.name


@contextmanager
def sqlite(folder: Path) -> Iterator[Database]:
    """Give a file."""
    path = folder / "system.sqlite"
    sqlite3.connect(path).close()
    owner = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    yield Database(owner, f"sqlite:///{path}", None)
    owner.dispose()


@contextmanager
def postgresql(_: Path) -> Iterator[Database]:
    """Give a database of its own in the tests' PostgreSQL."""
    parameters = connections["default"].get_connection_params()
    where = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    name = f"systems_{uuid4().hex}"  # several may stand at once
    user = f"{USER}_{name}"
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}").format(
                sql.Identifier(user), sql.Literal(PASSWORD)
            )
        )
    wire = Wire(lambda: _connect(f"{where['host']}/.s.PGSQL.{where.get('port', 5432)}"))
    owner = create_engine("postgresql+psycopg://", poolclass=NullPool, connect_args={**where, "dbname": name})
    address = URL.create("postgresql+psycopg", user, PASSWORD, "127.0.0.1", wire.port, name).render_as_string(
        hide_password=False
    )
    try:
        yield Database(owner, address, wire)
    finally:
        owner.dispose()
        wire.close()
        with psycopg.connect(dbname="postgres", autocommit=True, **where) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)))


@contextmanager
def mariadb(folder: Path) -> Iterator[Database]:
    """Give a database of a MariaDB that runs for the length of the block."""
    with MariaDB(folder) as server:
        wire = Wire(lambda: _connect(str(server.socket)))
        owner = create_engine(server.url("system"), poolclass=NullPool)
        server.execute("CREATE DATABASE `system` CHARACTER SET utf8mb4")
        server.execute(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'")
        server.execute(f"GRANT ALL ON `system`.* TO '{USER}'@'%'")
        address = URL.create(
            "mysql+pymysql", USER, PASSWORD, "127.0.0.1", wire.port, "system"
        ).render_as_string(hide_password=False)
        try:
            yield Database(owner, address, wire)
        finally:
            owner.dispose()
            wire.close()


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection
