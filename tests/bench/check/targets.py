"""What is measured over a connection: a server on one core, and the requests that it is asked."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.bench.check.load import LOOPBACK
from tests.bench.check.processors import pinned, servers_core

START_TIMEOUT, STOP_TIMEOUT = 60.0, 20.0  # seconds
_POLL = 0.05


class TargetMissing(Exception):
    """A target cannot be had here; says why. It is skipped with a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Requests of one kind, and what their answers must say."""

    name: str
    requests: Sequence[bytes]
    checks: int
    """How many checks one request asks for."""
    read: Callable[[bytes], list[bool]]
    """Gives what an answer, head and all, allows: one value a check."""
    expected: Sequence[list[bool]]
    protocol: str = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that answers."""

    port: int
    pids: Sequence[int]
    """Whose processor time, descendants included, a check costs."""
    beside: Sequence[int] = ()
    """Whose time is told apart: that of a database that the server asks."""


class Target(Protocol):
    """A server to be measured. `start` gives it running, on the core for servers, while the context lasts."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    @property
    def configured(self) -> str:
        """How it was set up, for the report."""

    def start(self) -> AbstractContextManager[Running]:
        """Start it.

        :raises TargetMissing: if it cannot be had here.
        """

    def loads(self) -> Sequence[Load]:
        """Return what it can be asked."""


@contextmanager
def serving(
    command: Sequence[str], *, port: int, folder: Path, log: Path, variables: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a server on the core for servers, wait until its port answers, and give its process id.

    :raises TargetMissing: if it does not come up.
    """
    environment = None if variables is None else dict(variables)
    with log.open("wb") as output, pinned(servers_core()):
        process = subprocess.Popen(
            list(command), cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_it_listens(process, port, log)
        yield process.pid
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def cache_folder() -> Path:
    """Return where peers are installed and write what they must: in the home, never in the repository."""
    folder = Path(os.environ["ACCORDANT_HOME"]) / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise TargetMissing(f"it did not start: {log.read_text(errors='replace')[-400:]}")
        time.sleep(_POLL)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
