"""Two sequencers at once, as an operator runs them: one works, one stands by and takes over."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.launch.arguments import ROOT
from consent.ledger import services, signing
from consent.ledger.queries import get_checkpoint, get_size
from consent.records.services import record_rows
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.schedules import TEMPLATE
from tests.records_world import JUNE_1, make_new_row

pytestmark = pytest.mark.xdist_group("chaos")

DATABASE = "chaos_standby"
PATIENCE = 60.0
POLL = 0.02
ELECTED = "this process is the sequencer"


@dataclass(slots=True)
class Sequencer:
    """A real `manage.py run_sequencer`."""

    process: subprocess.Popen[bytes]
    log: Path

    def is_elected(self) -> bool:
        return ELECTED in self.log.read_text()


@contextmanager
def run_sequencer(cluster: Cluster, log: Path) -> Iterator[Sequencer]:
    variables = {
        **os.environ,
        "DATABASE_URL": cluster.url(DATABASE),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    command = [sys.executable, "manage.py", "run_sequencer"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=output)
    try:
        yield Sequencer(process, log)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def _database(cluster: Cluster) -> Iterator[None]:
    cluster.copy(template=TEMPLATE, name=DATABASE)
    with django_connected(cluster.parameters(DATABASE)):
        yield
    cluster.drop(DATABASE)


@pytest.mark.usefixtures("_database")
def test_one_works_the_other_stands_by_and_takes_over_when_it_is_killed(
    cluster: Cluster, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        both = [stack.enter_context(run_sequencer(cluster, tmp_path / f"{name}.log")) for name in "ab"]
        wait_until(lambda: any(one.is_elected() for one in both))
        write_and_wait("1")
        [working] = [one for one in both if one.is_elected()]
        [standing_by] = [one for one in both if one is not working]
        assert standing_by.process.poll() is None

        working.process.kill()
        write_and_wait("2")

        assert standing_by.is_elected()
        report = services.verify_ledger(key=signing.get_signing_key().verify_key)
        assert (report.findings, report.leaves) == ([], 8)
        standing_by.process.terminate()
        assert standing_by.process.wait(PATIENCE) == 0


def write_and_wait(person: str) -> None:
    """Write one person's row, and wait until it is under a checkpoint."""
    size = get_size() + 4  # two identifiers, a choice, a fact
    record_rows(rows=[make_new_row(person)], source="chaos", at=JUNE_1)
    wait_until(lambda: get_checkpoint(covering=size - 1) is not None)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(POLL)
