"""Asking a running server: first whether it answers rightly, then how much that costs."""

import json
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass

from config.launch.arguments import ROOT
from tests.bench.check.framing import LENGTHS
from tests.bench.check.load import LOOPBACK, PATIENCE, Order, Result, ServerSilent
from tests.bench.check.processors import load_core, pinned
from tests.bench.check.targets import Load, Running

CONNECTIONS = (1, 32)
PROBED = 24
_CALIBRATION = 200
_SECONDS = 4.0
_MOST = 200_000
_PATIENCE = 300  # seconds for one order


class WrongAnswer(Exception):
    """A target answers another question than the one meant: its figures would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one load came to at one number of connections, for a check where not said otherwise."""

    load: Load
    connections: int
    result: Result

    @property
    def cpu(self) -> float:
        """Seconds of the server's processor time that one check takes."""
        return self.result.server / (self.result.count * self.load.checks)

    @property
    def beside(self) -> float:
        """Seconds that one check takes of what the server asks."""
        return self.result.beside / (self.result.count * self.load.checks)


def probe(running: Running, load: Load) -> None:
    """Ask the first questions one by one.

    :raises WrongAnswer: if one is answered otherwise than it should be.
    :raises UnexpectedAnswer: if one is no success.
    :raises ServerSilent: if one does not come.
    """
    with socket.create_connection((LOOPBACK, running.port), timeout=PATIENCE) as client:
        for request, expected in list(zip(load.requests, load.expected, strict=True))[:PROBED]:
            client.sendall(request)
            answer = b""
            while not LENGTHS[load.protocol](answer):
                chunk = client.recv(1 << 16)
                if not chunk:
                    raise ServerSilent("the server ended the connection")
                answer += chunk
            if load.read(answer) != expected:
                raise WrongAnswer(f"{load.name}: {answer[:400]!r}")


def drive(running: Running, load: Load) -> list[Measured]:
    """Return what the load comes to at each number of connections."""
    return [_measure(running, load, connections) for connections in CONNECTIONS]


def _measure(running: Running, load: Load, connections: int) -> Measured:
    first = _drive(running, load, connections, warm_up=_CALIBRATION, count=_CALIBRATION)
    count = min(_MOST, max(_CALIBRATION, int(_SECONDS * _CALIBRATION / first.elapsed)))
    result = _drive(running, load, connections, warm_up=max(_CALIBRATION, count // 10), count=count)
    return Measured(load=load, connections=connections, result=result)


def _drive(running: Running, load: Load, connections: int, *, warm_up: int, count: int) -> Result:
    order = Order(
        port=running.port,
        protocol=load.protocol,
        requests=[request.decode("latin-1") for request in load.requests],
        connections=connections,
        warm_up=warm_up,
        count=count,
        pids=list(running.pids),
        beside=list(running.beside),
    )
    with pinned(load_core()):
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench.check.load"],
            input=json.dumps(asdict(order)),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=True,
            timeout=_PATIENCE,
        )
    return Result(**json.loads(ended.stdout))
