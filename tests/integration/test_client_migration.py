"""Keys made before there were clients keep working."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from activation.checks import queries
from activation.checks.rules import hash_key
from activation.checks.types import Limits

APP = "activation_checks"
JUNE_1 = datetime(2026, 6, 1, tzinfo=UTC)


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, name)])
    return MigrationExecutor(connection).loader.project_state([(APP, name)]).apps


@pytest.mark.usefixtures("committed_database")
def test_a_key_of_before_still_works_and_a_revoked_one_does_not() -> None:
    old_key: Any = migrate("0001_initial").get_model(APP, "ApiKey")
    for name, revoked_at in (("tool", None), ("gone", JUNE_1)):
        old_key.objects.create(
            name=name,
            key_hash=hash_key(f"acc_{name}"),
            scopes=["check", "explain"],
            created_at=JUNE_1,
            expires_at=JUNE_1.replace(year=2027),
            revoked_at=revoked_at,
        )

    migrate("0003_clients_and_their_keys")

    found = {name: queries.authenticate(key=f"acc_{name}", at=JUNE_1) for name in ("tool", "gone")}
    caller = found["tool"]
    assert caller is not None
    assert (caller.name, caller.is_test, caller.limits) == ("tool", False, Limits())
    assert caller.scopes == {"check", "explain"}
    assert found["gone"] is None
