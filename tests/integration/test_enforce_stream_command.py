"""`manage.py enforce_stream`: what it refuses, with which words, and how it ends when it is told to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from activation.enforcement.membership.models import Holding
from activation.enforcement.streaming.models import StreamRun
from activation.enforcement.streaming.types import StreamStatus
from tests.conformance.harness_kafka import Broker
from tests.enforcement_world import GERMAN, REFUSED, make_world
from tests.store_world import store_world
from tests.streams_world import Topics, a_broker, tailing, until

pytestmark = pytest.mark.usefixtures("committed_database")
_CHILD = """
import sys
import django
django.setup()
from tests.databases import use_databases
use_databases(sys.argv[1])
from django.core.management import call_command
call_command("enforce_stream", *sys.argv[2:])
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests of this file."""
    with a_broker(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    kept = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    yield
    for one, handler in kept.items():
        signal.signal(one, handler)


def options(**changes: str) -> list[str]:
    """Return what the command is told."""
    given = {
        "purpose": "advertising.audience",
        "destination": "ads",
        "input": "events",
        "allowed": "events.allowed",
        "denied": "events.denied",
        "group": "ads",
        "identifier": "customer_id=customer_id",
        **changes,
    }
    return [f"--{name}={value}" for name, value in given.items()]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"identifier": "customer_id"}, "write KIND=FIELD.PATH"),
        ({"identifier": "shoe_size=a.b"}, "write KIND=FIELD.PATH"),
        ({"identifier": "email=a..b"}, "write KIND=FIELD.PATH"),
        ({"audience": "Our Visitors"}, "write lower-case letters"),
        ({"begin-at": "yesterday"}, "invalid choice"),
        ({"allowed": "events"}, "three different topics"),
        ({"purpose": "advertising.nothing"}, "there is no purpose of this name"),
        ({"destination": "nobody"}, "there is no destination of this name"),
        ({"controller": "nobody"}, "there is no controller of this name"),
    ],
)
def test_what_cannot_work_is_refused_with_a_word_on_what_to_write(changes: dict[str, str], told: str) -> None:
    make_world()

    with pytest.raises(CommandError, match=told):
        call_command("enforce_stream", *options(**changes))

    assert not StreamRun.objects.exists()


def test_without_brokers_it_says_which_variable_to_set(settings: Any) -> None:
    settings.KAFKA = {**settings.KAFKA, "brokers": ""}
    make_world()

    with pytest.raises(CommandError, match="ACCORDANT_KAFKA_BROKERS"):
        call_command("enforce_stream", *options())


def test_told_to_stop_it_commits_and_ends_in_good_order(
    broker: Broker, committed_database: str, tmp_path: Path
) -> None:
    make_world()
    topics = Topics(broker).make()
    topics.send({"customer_id": GERMAN}, {"customer_id": REFUSED})
    names = {"input": f"{topics.name}.in"} | {
        end: f"{topics.name}.{end}" for end in ("allowed", "denied", "group")
    }
    environment = {
        **os.environ,
        "ACCORDANT_SNAPSHOTS": str(tmp_path / "store"),
        "ACCORDANT_KAFKA_BROKERS": f"127.0.0.1:{broker.port}",
        "ACCORDANT_KAFKA_SECURITY": "plaintext",
    }
    command = [sys.executable, "-c", _CHILD, committed_database, *options(**names)]
    with store_world(tmp_path / "store") as world, tailing(world):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            until(lambda: process.poll() is not None or StreamRun.objects.filter(events=2).exists())
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()

    assert process.returncode == 0, err
    assert "Stopped: 1 events allowed, 1 denied" in out
    row = StreamRun.objects.get()
    assert (row.status, row.events, row.ended_at is None) == (StreamStatus.STOPPED, 2, False)
    assert len(topics.allowed()) == 1
    assert Holding.objects.get().audience == topics.name.replace(".", "_") + "_allowed"
