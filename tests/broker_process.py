"""A broker of a test's own, which it may empty, and real Celery workers on it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from kombu import Connection

from config.celery import app
from config.embedded import sockets, valkey
from config.embedded.binaries import find_valkey

_PATIENCE = 120.0  # seconds
_WORKER = """
import os, sys
import django
django.setup()
from tests.databases import use_databases
from config.celery import app
use_databases(sys.argv[1])
app.conf.worker_consumer = os.environ.get("WORKER_CONSUMER", app.conf.worker_consumer)
app.worker_main(["worker", "--concurrency=1", "--loglevel=INFO", *sys.argv[2:]])
"""


class Broker:
    """A Valkey that nobody else uses."""

    def __init__(self, folder: Path) -> None:
        self.url = sockets.broker_url(folder)
        self.client = redis.Redis(unix_socket_path=str(folder / sockets.VALKEY_SOCKET))

    def wake(self, task: str, **ids: object) -> None:
        """Send a message as the schedule does."""
        with Connection(self.url) as connection:
            app.send_task(task, kwargs=ids, connection=connection, expires=60)


@contextmanager
def broker() -> Iterator[Broker]:
    """Give a broker that runs for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="accordant-") as name:
        folder = Path(name)
        command = valkey.server_command(program=find_valkey(), folder=folder)
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            found = Broker(folder)
            wait_until(lambda: _answers(found), lambda: "Valkey does not answer")
            yield found
        finally:
            server.kill()
            server.wait()


@contextmanager
def worker(
    broker: Broker, database: str, log: Path, *options: str, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Give a worker on `broker` and `database` that is ready."""
    environment: Mapping[str, str] = {**os.environ, "BROKER_URL": broker.url, **variables}
    with log.open("wb") as output:
        command = [sys.executable, "-c", _WORKER, database, *options]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            wait_until(lambda: " ready." in log.read_text(), log.read_text)
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
            process.kill()
            process.wait()


def wait_until(is_so: Callable[[], bool], told: Callable[[], str]) -> None:
    """Return once it is so, and fail with what is told if it takes two minutes."""
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def _answers(found: Broker) -> bool:
    with suppress(redis.ConnectionError):
        return bool(found.client.ping())
    return False
