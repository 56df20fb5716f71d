"""A real Celery worker carries orders out; one that is killed in the middle loses none."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing.types import WorkStatus
from activation.enforcement.types import RunStatus
from config.celery import app
from tests.enforcement_world import make_world
from tests.standing_world import define, folders, get, order, places

pytestmark = pytest.mark.usefixtures("committed_database")

_WORKER = """
import sys, time
import django
django.setup()
from tests.databases import use_databases
from activation.enforcement.standing import work
from config.celery import app
use_databases(sys.argv[1])
if sys.argv[3] == "stands":
    tell = work.Telling._tell
    def stand(telling, changes):
        tell(telling, changes)
        time.sleep(600)
    work.Telling._tell = stand
app.worker_main(["worker", "--pool=solo", "--queues=" + sys.argv[2], "--without-gossip", "--without-mingle"])
"""


@contextmanager
def worker(database: str, queue: str, home: Path, *, stands: bool) -> Iterator[subprocess.Popen[bytes]]:
    """Give a worker of `queue`, which, if it `stands`, stops in the middle of a run."""
    command = [sys.executable, "-c", _WORKER, database, queue, "stands" if stands else "works"]
    where = {f"ACCORDANT_{name}": str(path) for name, path in places(home).items()}
    with (home / f"worker-{stands}.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **where}, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for(is_so: Callable[[], bool], log: Path) -> None:
    """Wait until it is so, and fail with the worker's log if it takes a minute."""
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def tell(queue: str) -> None:
    """Have a worker look for what waits, as the schedule does."""
    app.send_task("enforcement.run_queued", queue=queue)


@pytest.mark.skipif(
    os.environ.get("BROKER_URL", "memory:").startswith("memory:"), reason="needs a broker: ./dev test has one"
)
def test_what_a_killed_worker_left_is_carried_out_by_the_next(
    committed_database: str, tmp_path: Path
) -> None:
    make_world()
    queue = f"standing-{uuid4()}"
    with folders(tmp_path):
        define()
        order_id: UUID = order()
        with worker(committed_database, queue, tmp_path, stands=True) as killed:
            tell(queue)
            wait_for(lambda: get(order_id).run_id is not None, tmp_path / "worker-True.log")
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        left = get(order_id)
        assert (left.status, left.rows_done) == (WorkStatus.RUNNING, 7)

        with worker(committed_database, queue, tmp_path, stands=False):

            def is_done() -> bool:
                tell(queue)
                return get(order_id).status == WorkStatus.COMPLETED

            wait_for(is_done, tmp_path / "worker-False.log")

    assert get(order_id).attempt == 2
    ends = EnforcementRun.objects.order_by("started_at", "pk").values_list("status", flat=True)
    assert list(ends) == [RunStatus.ABANDONED, RunStatus.COMPLETED]
