"""Databases of a benchmark's own: copies of the migrated ones, dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from tests.databases import copy_databases, drop_databases, use_databases


@contextmanager
def fresh_database() -> Iterator[None]:
    """Point Django at empty copies of its migrated databases while the context lasts."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
    copy = f"{names['default']}_bench"
    connections.close_all()
    copy_databases(template=names["default"], copy=copy, keys_template=names["keys"])
    use_databases(copy)
    try:
        yield
    finally:
        connections.close_all()
        for alias, name in names.items():
            connections[alias].settings_dict["NAME"] = name
        drop_databases(copy)
