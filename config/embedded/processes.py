"""Starting and stopping processes, and finding those that a killed launcher left behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded.account import Account
from config.embedded.births import birth_of, list_session
from config.embedded.errors import EmbeddedError
from config.embedded.interrupts import held

REGISTER = "processes.json"
POLL = 0.02  # seconds
FAREWELLS: Mapping[str, tuple[tuple[signal.Signals, float], ...]] = {
    # SIGTERM would wait for clients to leave; SIGINT ends their sessions and writes a clean checkpoint.
    "postgres": ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)),
}
FAREWELL = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))
"""What a process is told, and how many seconds it gets, before the next word."""


class ServerFailed(EmbeddedError):
    """A process ended, or did not answer, when it should have been serving."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process of ours, told from a later one with the same number by its birth."""

    name: str
    pid: int
    birth: str
    child: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)
    """Its handle, if this process of ours started it."""

    def is_alive(self) -> bool:
        """Return whether this very process runs."""
        return birth_of(self.pid) == self.birth


def start(
    *,
    home: Path,
    name: str,
    command: list[str],
    environment: Mapping[str, str],
    account: Account | None = None,
    folder: Path | None = None,
    shown: bool = False,
) -> Process:
    """Start `command` in a session of its own, so that the terminal's Ctrl-C does not reach it.

    It works in `folder`, else in the home. Its output goes to the file `log_of(home, name)`, or is `shown`.
    It is in the register before a signal can end us.
    """
    identity = account.identity if account else {}
    prefix = account.prefix if account else ()
    log = log_of(home, name)
    log.parent.mkdir(exist_ok=True)
    with held(), log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - commands of ours
            [*prefix, *command],
            env=dict(environment),
            cwd=folder or home,
            stdin=subprocess.DEVNULL,
            stdout=None if shown else output,
            stderr=None if shown else subprocess.STDOUT,
            start_new_session=True,
            **identity,
        )
        process = Process(name=name, pid=child.pid, birth=birth_of(child.pid) or "", child=child)
        _write(home, [*registered(home), process])
    return process


def stop(home: Path, process: Process) -> None:
    """End `process` and its group, first kindly; then forget it. Signals to us wait until that is done."""
    with held():
        for word, patience in FAREWELLS.get(process.name, FAREWELL):
            if not _told(process, word) or _ended_within(process, patience):
                break
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it left in its own session
        if process.child:
            process.child.wait()
        _write(home, [other for other in registered(home) if other != process])


def wait(process: Process) -> int:
    """Return the exit code of a process that this one started, once it has ended."""
    if process.child is None:
        raise ValueError("only the process that started another can wait for it")
    return process.child.wait()


def stop_orphans(home: Path) -> list[str]:
    """End what a killed launcher left running in `home`, last started first. Return the names."""
    orphans = [process for process in reversed(registered(home)) if _is_left(home, process)]
    for process in orphans:
        stop(home, process)
        for pid in list_session(process.pid, marked=_mark(home)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    _write(home, [])
    return [process.name for process in orphans]


def registered(home: Path) -> list[Process]:
    """Return the processes that were started in `home` and not stopped since."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        return [Process(**row) for row in json.loads((home / REGISTER).read_text())]
    return []


def must_live(home: Path, process: Process) -> None:
    """Check that `process` runs.

    :raises ServerFailed: if not, with the end of its log.
    """
    if not process.is_alive():
        raise ServerFailed(f"{process.name} has ended.\n{log_end(home, process.name)}")


def log_of(home: Path, name: str) -> Path:
    """Return the file that holds what the process `name` printed in its last run."""
    return home / "logs" / f"{name}.log"


def log_end(home: Path, name: str, *, lines: int = 15) -> str:
    """Return the last lines of a log, and where the whole of it is."""
    path = log_of(home, name)
    text = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join([*(f"  {line}" for line in text[-lines:]), f"The whole log: {path}"])


def _is_left(home: Path, process: Process) -> bool:
    """Return whether `process` runs, or others do that it started."""
    return process.is_alive() or bool(list_session(process.pid, marked=_mark(home)))


def _mark(home: Path) -> str:
    """Return what the environment of the project's own processes in `home` holds."""
    return f"ACCORDANT_HOME={home}"


def _told(process: Process, word: signal.Signals) -> bool:
    if not process.is_alive():
        return False
    with suppress(ProcessLookupError):
        os.kill(process.pid, word)
    return True


def _ended_within(process: Process, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not process.is_alive():
            return True
        time.sleep(POLL)
    return False


def _write(home: Path, processes: list[Process]) -> None:
    draft = home / f".{REGISTER}"
    rows = [{"name": process.name, "pid": process.pid, "birth": process.birth} for process in processes]
    draft.write_text(json.dumps(rows))
    draft.replace(home / REGISTER)
