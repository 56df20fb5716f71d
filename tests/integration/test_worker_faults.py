"""A real worker on a real broker: what is emptied, and what is poison, costs a wake-up at most."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from celery import Celery
from django.db import transaction
from pytest_django import Settings

from lineage.events.builders import start
from lineage.leases import waking
from lineage.outbox.queries import count_pending
from lineage.outbox.services import enqueue
from tests.broker_process import Broker, broker, wait_until, worker
from tests.lineage_runs import NOON, make_run

EMIT = "lineage.emit_pending"
ENVELOPE = {
    "body": "W1tdLCB7fSwge31d",
    "content-encoding": "utf-8",
    "content-type": "application/json",
    "headers": {"task": EMIT, "id": "1", "lang": "py"},
    "properties": {
        "body_encoding": "base64",
        "delivery_tag": "1",
        "delivery_info": {"exchange": "", "routing_key": "default"},
    },
}
POISON = {
    "no JSON": b"\x80\x04garbage",
    "JSON, and no message": b"[1, 2]",
    "a number": b"7",
    "a message without properties": b'{"body": "x", "headers": {}}',
    "an unknown task": json.dumps({**ENVELOPE, "headers": {"task": "no.such", "id": "1"}}).encode(),
    "no task": json.dumps({**ENVELOPE, "headers": {}}).encode(),
    "a pickle": json.dumps({**ENVELOPE, "content-type": "application/x-python-serialize"}).encode(),
    "an unknown encoding": json.dumps({**ENVELOPE, "content-encoding": "no-such"}).encode(),
    "a body that is not base64": json.dumps({**ENVELOPE, "body": "%%%"}).encode(),
    "a body of another shape": json.dumps({**ENVELOPE, "body": "WzFd"}).encode(),
    "arguments that the task does not take": json.dumps(
        {**ENVELOPE, "body": "W1sxLCAyLCAzXSwge30sIHt9XQ=="}
    ).encode(),
}


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    with broker() as found:
        yield found


def enqueue_start() -> UUID:
    run = make_run()
    with transaction.atomic():
        enqueue(event=start(run, at=NOON))
    return run.run_id


def test_a_broker_that_is_emptied_loses_wake_ups_and_no_work(
    own_broker: Broker, committed_database: str, tmp_path: Path, settings: Settings
) -> None:
    log, events = tmp_path / "log", tmp_path / "events.ndjson"
    settings.LINEAGE_FILE = str(events)
    enqueue_start()
    own_broker.wake(EMIT)
    own_broker.client.flushall()

    with worker(own_broker, committed_database, log, ACCORDANT_LINEAGE_FILE=str(events)):
        assert count_pending() == 1
        own_broker.wake(EMIT)
        wait_until(lambda: not count_pending(), log.read_text)

        enqueue_start()
        own_broker.client.flushall()  # beneath a worker that is at it
        own_broker.wake(EMIT)
        wait_until(lambda: not count_pending(), log.read_text)

    assert len(events.read_text().splitlines()) == 2


def test_poison_messages_are_dropped_and_the_worker_goes_on(
    own_broker: Broker, committed_database: str, tmp_path: Path, settings: Settings
) -> None:
    log, events = tmp_path / "log", tmp_path / "events.ndjson"
    settings.LINEAGE_FILE = str(events)
    with worker(own_broker, committed_database, log, ACCORDANT_LINEAGE_FILE=str(events)) as process:
        for poison in POISON.values():
            enqueue_start()
            own_broker.client.lpush("default", poison)

            own_broker.wake(EMIT)

            wait_until(lambda: not count_pending(), log.read_text)
        assert process.poll() is None
        wait_until(lambda: not own_broker.client.exists("default", "unacked"), log.read_text)


@pytest.mark.parametrize("poison", ["no JSON", "a body that is not base64"])
def test_celerys_own_consumer_is_ended_by_them(
    own_broker: Broker, committed_database: str, tmp_path: Path, poison: str
) -> None:
    log = tmp_path / "log"
    plain = "celery.worker.consumer:Consumer"
    with worker(own_broker, committed_database, log, WORKER_CONSUMER=plain) as process:
        own_broker.client.lpush("default", POISON[poison])

        wait_until(lambda: process.poll() is not None, log.read_text)


def test_a_broker_that_is_away_fails_nobody_who_wakes_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Celery("gone", broker="redis://127.0.0.1:1/0", set_as_current=False)
    monkeypatch.setattr(waking, "current_app", gone)

    waking.wake(EMIT, run_id=str(uuid4()))
