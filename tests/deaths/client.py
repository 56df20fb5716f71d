"""The tests' side of the server of deaths."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from tests.deaths.jobs import Ending, Job

ROOT = Path(__file__).resolve().parents[2]


class DeathServer:
    """Carries out jobs, each in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin
        assert process.stdout
        self._jobs: IO[str] = process.stdin
        self._endings: IO[str] = process.stdout

    def carry_out(self, job: Job) -> Ending:
        """Return how the job ended, once its process is gone."""
        self._jobs.write(f"{json.dumps(asdict(job))}\n")
        self._jobs.flush()
        line = self._endings.readline()
        assert line, "the server of deaths is dead itself"
        return Ending(**json.loads(line))


@contextmanager
def death_server(log: Path) -> Iterator[DeathServer]:
    """Give a server, whose own errors go to `log`."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.deaths.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        yield DeathServer(process)
        assert process.stdin
        process.stdin.close()
