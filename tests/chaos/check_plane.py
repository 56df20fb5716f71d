"""The processes behind a consent check, as an operator runs them: struck, and started again when they end."""

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.chaos.check_roles import CheckRole, run_command
from tests.chaos.cluster import Cluster, children_of
from tests.chaos.crew import GRACE, fork_server

POLL = 0.02
PATIENCE = 60.0
"""Seconds after which a test would rather fail."""
SEQUENCER, TAILER, CHECK_SERVER, LAX_SERVER = "sequencer", "tailer", "check_server", "lax_server"


@dataclass(slots=True)
class Unit:
    """One process that is kept running, as a service manager would."""

    work: Callable[..., None]
    arguments: tuple[Any, ...]
    log: Path
    process: ForkServerProcess | None = None
    lives: int = 0
    is_kept: bool = True
    """Whether it is started again when it ends."""
    is_struck: bool = False
    """Whether its next end is our doing."""

    def start(self) -> None:
        """Begin a life."""
        process = fork_server().Process(target=self.work, args=self.arguments, daemon=True)
        process.start()
        self.process = process
        self.lives += 1

    @property
    def pid(self) -> int:
        """The process id of the present life."""
        assert self.process is not None, "it was never started"
        assert self.process.pid is not None
        return self.process.pid

    def log_end(self) -> str:
        """Return the last lines that it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


@dataclass(slots=True)
class CheckPlane:
    """A sequencer, a tailer and check servers on one database."""

    cluster: Cluster
    database: str
    folder: Path
    units: dict[str, Unit] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    gave_up: list[str] = field(default_factory=list)
    """Who ended and was not struck."""
    is_over: threading.Event = field(default_factory=threading.Event)

    def add(self, name: str, *words: str, bound: float = 30) -> None:
        """Start `manage.py` with `words` under a name."""
        role = CheckRole(name, self.cluster.parameters(self.database), self.folder, bound)
        unit = Unit(run_command, (role, words), role.log)
        unit.start()
        self.units[name] = unit

    def add_check_server(self, name: str, *, bound: float) -> None:
        """Start a check server of two workers, whose store may be `bound` seconds old."""
        self.ports[name] = _free_port()
        words = ("check_server", f"--port={self.ports[name]}", "--workers=2", "--grace=1")
        self.add(name, *words, bound=bound)

    def keep_running(self) -> None:
        """Start again whatever ends, until the plane is stopped. Nobody else looks at exit codes."""
        while not self.is_over.wait(POLL):
            for name, unit in list(self.units.items()):
                if unit.process is not None and unit.process.exitcode is not None:
                    self._bury(name, unit)

    def _bury(self, name: str, unit: Unit) -> None:
        if not unit.is_struck and not _waits_for_port(unit):
            self.gave_up.append(f"{name} ended by itself:\n{unit.log_end()}")
        unit.is_struck, unit.process = False, None
        if unit.is_kept:
            unit.start()

    def kill(self, name: str) -> None:
        """Kill a unit (SIGKILL), and see it dead; only its first process, if it has several."""
        unit = self.units[name]
        dead, unit.is_struck = unit.process, True
        os.kill(unit.pid, signal.SIGKILL)
        until(lambda: unit.process is not dead)

    def kill_for_good(self, name: str) -> None:
        """Kill a unit, and leave it dead."""
        self.units[name].is_kept = False
        self.kill(name)

    def kill_until_stale(self, name: str) -> None:
        """Kill a unit; it comes back when the check server's store is older than it may be."""
        self.kill_for_good(name)
        try:
            until(lambda: not self.is_ready())
        finally:
            self.start_again(name)

    def stop_unit(self, name: str) -> None:
        """End a unit that is not needed any more."""
        unit = self.units[name]
        unit.is_kept, unit.is_struck = False, True
        os.kill(unit.pid, signal.SIGTERM)
        until(lambda: unit.process is None)

    def start_again(self, name: str) -> None:
        """Begin to keep a unit running again that was left dead."""
        self.units[name].is_kept = True
        self.units[name].start()

    def kill_worker(self) -> None:
        """Kill one worker of the check server."""
        os.kill(children_of(self.units[CHECK_SERVER].pid)[0], signal.SIGKILL)

    def kill_database(self) -> None:
        """Kill PostgreSQL and all its backends, and start it again."""
        self.cluster.kill()

    def is_ready(self, name: str = CHECK_SERVER) -> bool:
        """Return whether the check server says that its store is fresh."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=5)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status == 200 and json.load(answer)["parts"] == {"store": "fresh"}
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End everything. Call it when nobody keeps it running any more."""
        living = [unit.process for unit in self.units.values() if unit.process is not None]
        for process in living:
            process.terminate()
        for process in living:
            process.join(GRACE)
            process.kill()
            process.join()


@contextmanager
def running_plane(cluster: Cluster, database: str, folder: Path, *, bound: float) -> Iterator[CheckPlane]:
    """Give a plane whose check server is ready, on a database that there is."""
    plane = CheckPlane(cluster, database, folder)
    keeper = threading.Thread(target=plane.keep_running)
    plane.add(SEQUENCER, "run_sequencer")
    plane.add(TAILER, "run_tailer")
    plane.add_check_server(CHECK_SERVER, bound=bound)
    keeper.start()
    try:
        until(plane.is_ready)
        yield plane
    finally:
        plane.is_over.set()
        keeper.join()
        plane.stop()


def _waits_for_port(unit: Unit) -> bool:
    """Return whether it ended for want of its port, which the workers of a dead parent hold for a moment."""
    return "Address already in use" in unit.log_end()


def until(is_so: Callable[[], bool], *, within: float = PATIENCE) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(POLL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
