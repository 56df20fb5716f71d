"""Events that waited, were emitted or parked before a migration still are afterwards."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from pytest_django import Settings

from lineage.outbox.models import Delivery, Unread
from lineage.outbox.types import EventState

APP = "lineage_outbox"
LATEST = "0003_deliveries"


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, name)])
    return MigrationExecutor(connection).loader.project_state([(APP, name)]).apps


def make_event(model: Any, sequence: int = 1, **columns: Any) -> Any:
    given = {"event_id": uuid4(), "run_id": uuid4(), "event_type": "START", "payload": {}}
    return model.objects.create(**given, sequence=sequence, **columns)


@pytest.fixture
def migrated_back(committed_database: str) -> Iterator[None]:
    yield
    migrate(LATEST)


@pytest.mark.usefixtures("migrated_back")
def test_events_of_before_keep_their_attempts_and_their_rest_and_the_start_of_a_long_error() -> None:
    old: Any = migrate("0001_initial").get_model(APP, "OutboxEvent")
    rest = timezone.now()
    for sequence, error in ((1, ""), (2, "refused " * 200)):
        make_event(old, sequence, attempts=sequence, next_attempt_at=rest, last_error=error)

    migrate(LATEST)

    rows = list(Delivery.objects.order_by("sequence"))
    assert [(row.attempts, row.leased_until, row.next_attempt_at) for row in rows] == [
        (1, None, rest),
        (2, None, rest),
    ]
    assert [row.last_error for row in rows] == ["", ("refused " * 200)[:500]]


@pytest.mark.usefixtures("migrated_back")
def test_what_was_emitted_is_not_sent_again_and_what_waits_goes_to_all_that_are_configured(
    settings: Settings,
) -> None:
    old: Any = migrate("0002_leases").get_model(APP, "OutboxEvent")
    now = timezone.now()
    emitted = make_event(old, emitted_at=now, attempts=1)
    parked = make_event(old, parked_at=now, last_error="InvalidEvent: $.run")
    waiting = make_event(old)
    settings.LINEAGE_FILE = "/events.ndjson"
    settings.LINEAGE_CONSOLE = True

    migrate(LATEST)

    stand = [
        (row.event_id, row.transport, row.state) for row in Delivery.objects.order_by("event_id", "transport")
    ]
    assert stand == [
        (emitted.pk, "file", EventState.EMITTED),
        (parked.pk, "console", EventState.PARKED),
        (parked.pk, "file", EventState.PARKED),
        (waiting.pk, "console", EventState.PENDING),
        (waiting.pk, "file", EventState.PENDING),
    ]
    assert Delivery.objects.get(event_id=emitted.pk).emitted_at == now
    assert Unread.objects.count() == 3


@pytest.mark.usefixtures("migrated_back")
def test_the_way_back_keeps_what_was_emitted_everywhere_and_what_waits() -> None:
    old: Any = migrate("0002_leases").get_model(APP, "OutboxEvent")
    now = timezone.now()
    columns: tuple[dict[str, Any], ...] = ({"emitted_at": now}, {"parked_at": now}, {})
    events = [make_event(old, **given) for given in columns]
    migrate(LATEST)

    again: Any = migrate("0002_leases").get_model(APP, "OutboxEvent")

    rows = again.objects.filter(pk__in=[event.pk for event in events]).order_by("pk")
    assert list(rows.values_list("emitted_at", "parked_at")) == [(now, None), (None, now), (None, None)]
