"""A check server on a real socket, in a thread of this process, and a client for it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop

from activation.checks.server.protocol import Connection
from tests.check_server_world import World

PATIENCE = 10  # seconds after which a test would rather fail
T = TypeVar("T")


class Place:
    """Where a world's server listens, and a way to look into it."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop, port: int) -> None:
        """Know the `world` that runs on `loop`."""
        self.world = world
        self.port = port
        self._loop = loop

    def do(self, what: Callable[[], T]) -> T:
        """Return what `what` returns on the server's own event loop."""

        async def carry_out() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(carry_out(), self._loop).result(PATIENCE)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so, by the server's own event loop."""

        async def look() -> None:
            while not is_so():
                await asyncio.sleep(0.001)

        asyncio.run_coroutine_threadsafe(asyncio.wait_for(look(), PATIENCE), self._loop).result()

    def connect(self) -> socket.socket:
        """Return a client's socket."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


@contextmanager
def serving(**limits: Any) -> Iterator[Place]:
    """Give a server that answers on this machine while the context lasts."""
    ready: list[Place] = []
    is_ready, stop = threading.Event(), asyncio.Event()

    async def live() -> None:
        world = World(**limits)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(world.server), "127.0.0.1", 0)
        ready.append(Place(world, loop, server.sockets[0].getsockname()[1]))
        is_ready.set()
        await stop.wait()
        server.close()
        world.server.abort()
        await asyncio.sleep(0)

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(live())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert is_ready.wait(PATIENCE)
        yield ready[0]
    finally:
        ready[0]._loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)


def read_all(client: socket.socket) -> bytes:
    """Return all that comes until the server ends the connection."""
    received = bytearray()
    while data := client.recv(1 << 20):
        received += data
    return bytes(received)
