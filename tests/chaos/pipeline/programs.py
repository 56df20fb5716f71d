"""The processes of a schedule, in sessions of their own: started, struck, and started again when they end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.launch.arguments import ROOT
from tests.chaos.cluster import children_of

GRACE = 20.0
"""Seconds that a process gets to end when it is told to."""
PATIENCE = 90.0
POLL = 0.1
READY = b" ready."


@dataclass(slots=True)
class Program:
    """One command under a name. Whoever ends is started again, as a supervisor does."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    deaths: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin a life."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.words],
                cwd=ROOT,
                env=dict(self.environment),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Its present number."""
        assert self._process is not None, "it has not started"
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait until it says that it is ready."""
        deadline = time.monotonic() + PATIENCE
        while READY not in self.log.read_bytes():
            assert time.monotonic() < deadline, self.log_end()
            time.sleep(POLL)

    def replace_if_ended(self) -> None:
        """Begin the next life if the last is over."""
        assert self._process is not None, "it has not started"
        if self._process.poll() is not None:
            self._end_group()
            self.deaths += 1
            self.start()

    def kill(self) -> bool:
        """Kill it with all it started (SIGKILL), and return whether it lived."""
        lived = self._process is not None and self._process.poll() is None
        self._end_group()
        if self._process is not None:
            self._process.wait()
        return lived

    def kill_child(self, pick: int) -> bool:
        """Kill one that it started, and return whether there was any."""
        children = sorted(children_of(self.pid))
        if not children:
            return False
        self.signal_to(children[pick % len(children)], signal.SIGKILL)
        return True

    def list_children(self) -> list[int]:
        """Return the processes that it started and that run."""
        return sorted(children_of(self.pid))

    def signal_to(self, pid: int, what: signal.Signals) -> None:
        """Send a signal to one of its processes, which may have ended."""
        with suppress(ProcessLookupError):
            os.kill(pid, what)

    def stop(self) -> None:
        """Tell it to end; kill what does not, and what it left."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        self.kill()

    def log_end(self) -> str:
        """Return the last lines that it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-60:])

    def _end_group(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
