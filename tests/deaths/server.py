"""A process that has loaded everything, and forks one for each job: `python -m tests.deaths.server`.

Jobs come as lines of JSON on standard input, endings go as lines of JSON to standard output. It never opens a
connection and starts no thread, so that what it forks begins like a new process, in milliseconds.
"""

import django

django.setup()

import gc  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from collections.abc import Iterable  # noqa: E402
from contextlib import suppress  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from consent.verifier.manifests.membership import MemberSet  # noqa: E402
from tests.databases import use_databases  # noqa: E402
from tests.deaths.home import at_home  # noqa: E402
from tests.deaths.jobs import Job  # noqa: E402
from tests.deaths.points import Doom, Fate, Points  # noqa: E402


def serve() -> None:
    """Answer until there are no more jobs."""
    answers = os.fdopen(os.dup(1), "w")
    assert MemberSet().root  # works out what every process needs, once
    os.dup2(2, 1)  # whatever a job prints is no answer
    for line in sys.stdin:
        ending = fork(Job(**json.loads(line)))
        load(ending.pop("modules", []))
        answers.write(f"{json.dumps(ending)}\n")
        answers.flush()


def fork(job: Job) -> dict[str, Any]:
    """Return how a process of the job's own ended, in the fields of `Ending`."""
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        _do(job, telling)
    os.close(telling)
    with os.fdopen(told) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return {
        **(json.loads(text) if text else {}),
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
    }


def load(modules: Iterable[str]) -> None:
    """Load what a job had to load, so that no later one does."""
    missing = [name for name in modules if name not in sys.modules]
    for name in missing:
        with suppress(Exception):
            importlib.import_module(name)
    if missing:
        gc.collect()
        gc.freeze()  # else each process's first collection walks, and copies, all there is


def _do(job: Job, telling: int) -> None:
    code = 1
    try:
        _tell(telling, _carry_out(job))
        code = 0
    finally:
        os._exit(code)


def _carry_out(job: Job) -> dict[str, Any]:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    module, _, name = job.entry.partition(":")
    call = getattr(importlib.import_module(module), name)
    use_databases(job.database)
    points = Points(job.folder, Doom(job.nth, Fate(job.fate)))
    points.watch()
    if job.longest_file is not None:
        bound = partial(_bound_files, job.longest_file, dies=job.fate == Fate.DIES)
        points.from_point(job.bounded_from, bound)
    error = told = ""
    try:
        with at_home(Path(job.folder)):
            call(Path(job.folder), **job.options)
    except BaseException as raised:  # noqa: BLE001 - whatever it is, it is told
        error, told = type(raised).__name__, traceback.format_exc()
    modules = [] if job.nth or job.longest_file is not None else sorted(sys.modules)
    return {
        "points": points.names,
        "error": error,
        "told": told,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "modules": modules,
    }


def _bound_files(size: int, *, dies: bool) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if dies else signal.SIG_IGN)


def _tell(telling: int, report: dict[str, Any]) -> None:
    with os.fdopen(telling, "w") as pipe:
        json.dump(report, pipe)


if __name__ == "__main__":
    serve()
