"""An emitter that is killed at any step: nothing is lost, and what comes twice is the same event."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from lineage.outbox.models import Delivery
from lineage.outbox.queries import count_pending
from tests.fakes.marquez import FakeMarquez
from tests.fakes.service import running
from tests.lineage_outbox_world import drain, enqueue_whole_run, find_losses, let_the_rested_go_on, send_to

_PROGRAM = """
import os, signal, sys
import django
django.setup()
from tests.databases import use_databases
use_databases(sys.argv[1])
from lineage.outbox import emission
place, name, count = sys.argv[2].split(":")
target = {"emitter": emission._Emitter, "module": emission}[place]
real, calls = getattr(target, name), []
def killed(*arguments, **named):
    calls.append(1)
    if len(calls) == int(count):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **named)
setattr(target, name, killed)
emission.emit_pending(limit=100)
"""


@pytest.fixture
def marquez(settings: Settings) -> Iterator[FakeMarquez]:
    with running(FakeMarquez) as service:
        send_to(settings, service.url)
        yield service


@pytest.mark.parametrize(
    ("step", "sent"),
    [
        ("emitter:_emit:1", 0),  # claimed, and not sent
        ("module:end:1", 1),  # sent, and not marked
        ("module:end:4", 4),  # the first events of all runs marked, and the last of them sent only
        ("emitter:_emit:6", 5),
    ],
)
def test_whatever_step_kills_the_emitter_another_sends_the_rest_and_the_same_again(
    marquez: FakeMarquez, committed_database: str, step: str, sent: int
) -> None:
    runs = [enqueue_whole_run() for _ in range(4)]

    killed = subprocess.run(
        [sys.executable, "-c", _PROGRAM, committed_database, step],
        env={**os.environ, "ACCORDANT_LINEAGE_URL": marquez.url},
        timeout=120,
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert len(marquez.asked) == sent
    assert Delivery.objects.exclude(leased_until=None).exists()
    let_the_rested_go_on()
    drain()
    assert count_pending() == 0
    assert find_losses(marquez, runs) == []
    assert len(marquez.events) == 8
    assert 8 <= len(marquez.asked) <= 9  # one at most came twice, by the same id
