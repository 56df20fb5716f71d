"""Running a library of a peer's in a process and an environment of its own."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.check.peers.packages import install_python
from tests.bench.check.people import Asked
from tests.bench.check.processors import servers_core
from tests.bench.check.targets import TargetMissing, cache_folder

_PROGRAM = Path(__file__).with_name("in_process.py")
_ROUNDS = 7
_PATIENCE = 300  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A policy library for Python, and the policy and questions in its words."""

    module: str
    mode: str
    """How it is asked: a key of `in_process.MODES`."""
    requirement: str
    title: str
    policy: str
    inputs: Sequence[Any]
    expected: Sequence[bool]
    data: Any = None

    def measure(self) -> float:
        """Return the processor seconds of one decision.

        :raises TargetMissing: if the library cannot be had here, or does not work.
        :raises RuntimeError: if it decides otherwise than it should.
        """
        python = install_python([self.requirement], cache_folder() / f"python-{self.module}")
        job = {
            "policy": self.policy,
            "data": self.data,
            "inputs": self.inputs,
            "rounds": _ROUNDS,
            "core": servers_core(),
        }
        ended = subprocess.run(
            [str(python), str(_PROGRAM), self.mode],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        if ended.returncode:
            raise TargetMissing(f"it does not work here: {ended.stderr[-300:]}")
        answer = json.loads(ended.stdout)
        if answer["allowed"] != list(self.expected):
            raise RuntimeError(f"{self.module} decides otherwise than it should")
        return float(answer["seconds"])


def expected(asked: Sequence[Asked]) -> list[bool]:
    """Return the right answers."""
    return [one.expected for one in asked]
