"""Events that waited before events were leased wait on."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from lineage.outbox.models import OutboxEvent

APP = "lineage_outbox"


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, name)])
    return MigrationExecutor(connection).loader.project_state([(APP, name)]).apps


@pytest.mark.usefixtures("committed_database")
def test_events_of_before_keep_their_attempts_and_their_rest_and_the_start_of_a_long_error() -> None:
    old: Any = migrate("0001_initial").get_model(APP, "OutboxEvent")
    rest = timezone.now()
    for sequence, error in ((1, ""), (2, "refused " * 200)):
        old.objects.create(
            event_id=uuid4(),
            run_id=uuid4(),
            sequence=sequence,
            event_type="START",
            payload={},
            attempts=sequence,
            next_attempt_at=rest,
            last_error=error,
        )

    migrate("0002_leases")

    rows = list(OutboxEvent.objects.order_by("pk"))
    assert [(row.attempts, row.leased_until, row.next_attempt_at) for row in rows] == [
        (1, None, rest),
        (2, None, rest),
    ]
    assert [row.last_error for row in rows] == ["", ("refused " * 200)[:500]]
