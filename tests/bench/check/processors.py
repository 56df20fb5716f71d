"""Which core a process runs on, and how much of a processor's time it has used. Linux only."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _TIMES = 1, slice(11, 15)  # of the fields behind the name in /proc/<pid>/stat, see proc(5)


def servers_core() -> int:
    """Return the core that servers are measured on."""
    return min(os.sched_getaffinity(0))


def load_core() -> int:
    """Return the core that requests are sent from: another one, if there is one."""
    return max(os.sched_getaffinity(0))


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this thread, and the processes that it starts, on `core` while the context lasts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def used_seconds(pids: Sequence[int]) -> float:
    """Return the processor time used so far by `pids`, all their threads and all their descendants."""
    stats = _read_stats()
    children = defaultdict(list)
    for pid, fields in stats.items():
        children[int(fields[_PARENT])].append(pid)
    ticks, waiting = 0, [pid for pid in pids if pid in stats]
    while waiting:
        pid = waiting.pop()
        ticks += sum(int(field) for field in stats[pid][_TIMES])
        waiting += children[pid]
    return ticks * _TICK


def _read_stats() -> dict[int, list[str]]:
    stats = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                text = (folder / "stat").read_text()
            except OSError:
                continue  # it has ended since
            stats[int(folder.name)] = text[text.rindex(")") + 2 :].split()
    return stats
