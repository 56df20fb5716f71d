"""`check_workers` tells which queue has nobody, and what has waited too long."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F

from config.management.commands import check_workers
from lineage.events.builders import start
from lineage.outbox.models import Delivery
from lineage.outbox.queries import get_longest_wait
from lineage.outbox.services import enqueue
from tests.broker_process import Broker, broker, worker
from tests.lineage_runs import NOON, make_run

HOUR = timedelta(hours=1)


@pytest.fixture
def own_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    with broker() as found:
        monkeypatch.setattr(check_workers, "app", Celery("asking", broker=found.url, set_as_current=False))
        yield found


def enqueue_start(**changes: object) -> None:
    with transaction.atomic():
        event_id = enqueue(event=start(make_run(), at=NOON))
    Delivery.objects.filter(event__event_id=event_id).update(**changes)


def test_a_queue_that_has_no_worker_is_told(
    own_broker: Broker, committed_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        worker(own_broker, committed_database, tmp_path / "log", "--queues=withdrawals,default"),
        pytest.raises(CommandError, match=r"^no worker takes from runs$"),
    ):
        call_command("check_workers")

    assert "queue withdrawals: celery@" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_broker_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Celery("gone", broker="redis://127.0.0.1:1/0", set_as_current=False)
    monkeypatch.setattr(check_workers, "app", gone)

    with pytest.raises(CommandError, match="the broker cannot be reached"):
        call_command("check_workers")


@pytest.mark.django_db
def test_what_waits_is_measured_from_when_it_could_have_been_done() -> None:
    assert get_longest_wait() is None
    enqueue_start(waiting_since=F("waiting_since") - HOUR, next_attempt_at=F("waiting_since") + HOUR)  # rests
    enqueue_start(waiting_since=F("waiting_since") - HOUR, leased_until=F("waiting_since") + HOUR)  # is held
    assert get_longest_wait() is None

    enqueue_start(waiting_since=F("waiting_since") - 3 * HOUR, next_attempt_at=F("waiting_since") - HOUR)

    assert HOUR <= (get_longest_wait() or HOUR) < HOUR + timedelta(minutes=5)


@pytest.mark.django_db
def test_a_row_that_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = {queue: ["somebody"] for queue in settings.QUEUES}
    monkeypatch.setattr(check_workers, "list_consumers", lambda _: everybody)
    enqueue_start(waiting_since=F("waiting_since") - HOUR)

    call_command("check_workers", late=2 * HOUR.total_seconds())
    with pytest.raises(CommandError, match=r"^lineage events are late$"):
        call_command("check_workers")
