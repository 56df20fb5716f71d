"""Telling processes apart: a number is used again, a number with its birth is not."""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Stat(NamedTuple):
    """What we read of a process."""

    state: str
    session: int
    started: str


def birth_of(pid: int) -> str | None:
    """Return what tells process `pid` from every other that had or will have its number.

    None if there is no such process, or if it has ended and only waits to be collected.
    """
    return _from_proc(pid) if (PROC / "self" / "stat").exists() else _from_ps(pid)


def list_session(leader: int, *, marked: str) -> list[int]:
    """Return the processes in the session that `leader` opened and whose environment holds `marked`.

    The leader may be dead: its number is not given away while its session lives. The mark tells that session
    from a later one. Where there is no /proc, none is found.
    """
    numbers = (int(folder.name) for folder in PROC.glob("[0-9]*"))
    return [pid for pid in numbers if _session_of(pid) == leader and _is_marked(pid, marked)]


def parse_stat(stat: str) -> Stat:
    """Return the state, the session and the start time in a line of `/proc/<pid>/stat`."""
    fields = stat.rpartition(")")[2].split()  # the name before it may hold blanks and brackets
    return Stat(state=fields[0], session=int(fields[3]), started=fields[19])


def _from_proc(pid: int) -> str | None:
    try:
        stat = parse_stat((PROC / str(pid) / "stat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return None if stat.state in "ZX" else f"{boot}/{stat.started}"


def _session_of(pid: int) -> int | None:
    try:
        return parse_stat((PROC / str(pid) / "stat").read_text()).session
    except (FileNotFoundError, ProcessLookupError):
        return None


def _is_marked(pid: int, mark: str) -> bool:
    try:
        return os.fsencode(mark) in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False


def _from_ps(pid: int) -> str | None:
    found = subprocess.run(  # noqa: S603 - a number and fixed words
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = found.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
