"""A Valkey of a schedule's own, that is killed and comes back with nothing."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from config.embedded import sockets, valkey
from config.embedded.binaries import find_valkey

POLL = 0.01
_NOTHING = base64.b64encode(b"[[], {}, {}]").decode()
POISON = (
    "no JSON at all",
    "{}",
    json.dumps(  # a task that nobody knows
        {
            "body": _NOTHING,
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"task": "nobody.knows", "id": "1", "lang": "py"},
            "properties": {
                "delivery_tag": "1",
                "body_encoding": "base64",
                "delivery_info": {"exchange": "", "routing_key": "celery"},
            },
        }
    ),
)
"""Messages that make no sense."""


class Broker:
    """One server in memory, on a socket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The BROKER_URL."""
        return sockets.broker_url(self._folder)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = valkey.server_command(program=find_valkey(), folder=self._folder)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self._answers():
            assert self._process.poll() is None, "Valkey does not start"
            time.sleep(POLL)

    def kill(self) -> None:
        """Kill it (SIGKILL): what it held is gone."""
        assert self._process is not None, "it has not started"
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Kill it, and start it again."""
        self.kill()
        self.start()

    def empty(self) -> None:
        """Let it forget everything (FLUSHALL), while it runs."""
        with self._client() as client:
            client.flushall()

    def poison(self, queue: str) -> None:
        """Put messages into the queue that no worker can make sense of."""
        with self._client() as client:
            client.lpush(queue, *POISON)

    def _answers(self) -> bool:
        try:
            with self._client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=os.fspath(self._folder / sockets.VALKEY_SOCKET))


@contextmanager
def running_broker() -> Iterator[Broker]:
    """Give a broker for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix=sockets.PREFIX))
    broker = Broker(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)
