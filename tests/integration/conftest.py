"""Databases that other processes see too. Evidence cannot be truncated, so they are clones, thrown away."""

from collections.abc import Iterator

import pytest
from django.db import connections

from tests.databases import copy_databases, drop_databases, use_databases
from tests.steps_world import send_to_review


@pytest.fixture
def erasures_go_to_review(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an erasure whose steps have ended go to an officer: a certificate needs more than steps."""
    monkeypatch.setattr("consent.requests.erasing.closing.finish_erasure", send_to_review)


@pytest.fixture
def committed_database(db: None) -> Iterator[str]:
    """Connect this process to clones of both migrated test databases, and give the name of the first.

    What a test writes is committed at once. Threads know the clones; another process is told the name,
    and calls `tests.databases.use_databases`.
    """
    outer = {alias: connections[alias] for alias in connections}  # in the transactions that `db` opened:
    names = {alias: one.settings_dict["NAME"] for alias, one in outer.items()}
    for one in outer.values():
        one.close()  # unused meanwhile
    clone = f"{names['default']}_committed"
    copy_databases(template=names["default"], copy=clone, keys_template=names["keys"])
    use_databases(clone)
    for alias, one in outer.items():
        connections[alias] = one.copy()
    try:
        yield clone
    finally:
        connections.close_all()
        for alias, one in outer.items():
            connections[alias] = one
            one.settings_dict["NAME"] = names[alias]
        drop_databases(clone)
