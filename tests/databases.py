"""Copies of a database: what a test or a benchmark commits there, no other sees."""

from contextlib import closing

import psycopg
from django.db import connections
from psycopg import sql


def copy_database(*, template: str, copy: str) -> None:
    """Make `copy` anew from `template`, to which nobody may be connected."""
    drop_database(copy)
    _administer("CREATE DATABASE {} TEMPLATE {}", copy, template)


def drop_database(name: str) -> None:
    """Drop the database `name`, whoever is connected to it."""
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _administer(statement: str, *names: str) -> None:
    """Execute `statement`, with names for its placeholders, outside of any transaction."""
    parameters = connections["default"].get_connection_params()
    where = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    with closing(psycopg.connect(dbname="postgres", autocommit=True, **where)) as server:
        server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
