"""A database of a benchmark's own: a copy of the migrated one, dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.databases import copy_database, drop_database


@contextmanager
def fresh_database() -> Iterator[None]:
    """Point Django at an empty copy of its migrated database while the context lasts."""
    original = str(connection.settings_dict["NAME"])
    copy = f"{original}_bench"
    connection.close()
    copy_database(template=original, copy=copy)
    connection.settings_dict["NAME"] = copy
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original
        drop_database(copy)
