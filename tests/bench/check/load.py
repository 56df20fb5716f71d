"""A closed loop of requests to a server on this machine: each connection asks again once it has an answer.

It is a program of its own, so that it can be kept on another core than the server:
`python -m tests.bench.check.load` reads an `Order` as JSON and writes a `Result` as JSON. It needs no Django.
"""

import json
import select
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import cycle
from time import perf_counter, process_time

from tests.bench.check.framing import LENGTHS
from tests.bench.check.processors import used_seconds

LOOPBACK = "127.0.0.1"
PATIENCE = 30.0  # seconds without any answer
_CHUNK = 1 << 14  # a larger buffer costs more to get than it saves


class ServerSilent(Exception):
    """The server did not answer in time, or closed a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to send. Requests are Latin-1 text, which stands for bytes in JSON."""

    port: int
    protocol: str
    requests: list[str]
    connections: int
    warm_up: int
    count: int
    pids: list[int]
    """Whose processor time is taken: the server's."""
    beside: list[int] = field(default_factory=list)
    """Whose processor time is taken too, for itself: that of what the server asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of an order, all times in seconds. The times of the warm-up are not in it."""

    count: int
    elapsed: float
    median: float
    p99: float
    server: float
    """Processor time of the server."""
    beside: float
    own: float
    """Processor time of the load generator: near `elapsed`, it was the bottleneck."""


class _Connection:
    __slots__ = ("_pending", "_receive", "_send", "asked_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(True)  # a time limit on the socket would cost a system call more
        self._send, self._receive = self.socket.sendall, self.socket.recv
        self._pending, self.asked_at = b"", 0.0

    def send(self, request: bytes) -> None:
        self.asked_at = perf_counter()
        self._send(request)

    def receive(self, length: Callable[[bytes], int]) -> bool:
        """Return whether the answer is whole now."""
        data = self._receive(_CHUNK)
        if not data:
            raise ServerSilent("the server closed a connection")
        if self._pending:
            data = self._pending + data
        whole = length(data) > 0
        self._pending = b"" if whole else data
        return whole


def run(order: Order) -> Result:
    """Send the order's requests and return what came of them.

    :raises ServerSilent: if an answer does not come.
    :raises UnexpectedAnswer: if one is no success.
    """
    loop = _Loop(order)
    try:
        loop.ask(order.warm_up)
        server, beside, own = used_seconds(order.pids), used_seconds(order.beside), process_time()
        started = perf_counter()
        latencies = sorted(loop.ask(order.count))
        return Result(
            count=order.count,
            elapsed=perf_counter() - started,
            own=process_time() - own,
            server=used_seconds(order.pids) - server,
            beside=used_seconds(order.beside) - beside,
            median=latencies[len(latencies) // 2],
            p99=latencies[len(latencies) * 99 // 100],
        )
    except ConnectionError as error:
        raise ServerSilent("the server ended a connection") from error
    finally:
        loop.close()


class _Loop:
    """Connections that stay open, and the requests in rotation."""

    def __init__(self, order: Order) -> None:
        self._length: Callable[[bytes], int] = LENGTHS[order.protocol]
        self._requests = cycle([request.encode("latin-1") for request in order.requests])
        self._connections: dict[int, _Connection] = {}
        self._poller = select.epoll()
        for _ in range(order.connections):
            one = _Connection(order.port)
            self._connections[one.socket.fileno()] = one
            self._poller.register(one.socket, select.EPOLLIN)

    def ask(self, count: int) -> list[float]:
        """Send `count` requests and return how many seconds each answer took."""
        latencies: list[float] = []
        unsent = count
        for connection in list(self._connections.values())[:count]:
            connection.send(next(self._requests))
            unsent -= 1
        while len(latencies) < count:
            ready = self._poller.poll(PATIENCE)
            if not ready:
                raise ServerSilent(f"no answer within {PATIENCE:.0f} s")
            for number, _ in ready:
                connection = self._connections[number]
                if not connection.receive(self._length):
                    continue
                latencies.append(perf_counter() - connection.asked_at)
                if unsent > 0:
                    connection.send(next(self._requests))
                    unsent -= 1
        return latencies

    def close(self) -> None:
        """Close all connections."""
        self._poller.close()
        for connection in self._connections.values():
            connection.socket.close()


def main() -> None:
    """Carry out the order on standard input."""
    order = Order(**json.load(sys.stdin))
    json.dump(asdict(run(order)), sys.stdout)


if __name__ == "__main__":
    main()
