"""A database that other processes see too. Evidence cannot be truncated, so it is a clone, thrown away."""

from collections.abc import Iterator

import pytest
from django.db import connections

from tests.databases import copy_database, drop_database


@pytest.fixture
def committed_database(db: None) -> Iterator[str]:
    """Connect this process to a clone of the migrated test database, and give the clone's name.

    What a test writes is committed at once. Other processes must be told the name; threads know it.
    """
    outer = connections["default"]  # in the transaction that `db` opened: unused, and closed, meanwhile
    template = outer.settings_dict["NAME"]
    clone = f"{template}_committed"
    outer.close()
    copy_database(template=template, copy=clone)
    outer.settings_dict["NAME"] = clone
    connections["default"] = outer.copy()
    try:
        yield clone
    finally:
        connections["default"].close()
        connections["default"] = outer
        outer.settings_dict["NAME"] = template
        drop_database(clone)
