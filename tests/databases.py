"""Copies of both databases: what a test or a benchmark commits there, no other sees."""

from contextlib import closing

import psycopg
from django.db import connections
from psycopg import sql

from config.databases import KEYS, name_beside


def copy_databases(*, template: str, copy: str, keys_template: str) -> None:
    """Make `copy`, and one for the keys beside it, anew from templates to which nobody may be connected."""
    drop_databases(copy)
    _administer("CREATE DATABASE {} TEMPLATE {}", copy, template)
    _administer("CREATE DATABASE {} TEMPLATE {}", name_beside(copy), keys_template)


def drop_databases(name: str) -> None:
    """Drop the database `name` and the keys' one beside it, whoever is connected to them."""
    for one in (name, name_beside(name)):
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", one)


def use_databases(name: str) -> None:
    """Point this process, which has no connection yet, at the database `name` and the keys' one beside it."""
    connections["default"].settings_dict["NAME"] = name
    connections[KEYS].settings_dict["NAME"] = name_beside(name)


def _administer(statement: str, *names: str) -> None:
    """Execute `statement`, with names for its placeholders, outside of any transaction."""
    parameters = connections["default"].get_connection_params()
    where = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    with closing(psycopg.connect(dbname="postgres", autocommit=True, **where)) as server:
        server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
