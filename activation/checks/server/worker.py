"""One worker process: an event loop, a server on the shared sockets, and an orderly end."""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import uvloop

from activation.checks.server.http import Application
from activation.checks.server.limits import Limits
from activation.checks.server.metrics import Metrics
from activation.checks.server.protocol import Connection
from activation.checks.server.server import Server, place_of
from activation.checks.server.shared_numbers import SharedNumbers

logger = logging.getLogger(__name__)
_LOOK = 0.02  # seconds between looks at whether the last connection is gone


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every worker is told."""

    make_application: Callable[[], Application]
    limits: Limits
    grace: float
    numbers: SharedNumbers
    parent: int
    backlog: int = 1024
    sweep_interval: float = 1


def run(plan: Plan, listeners: Sequence[socket.socket], *, worker: int) -> int:
    """Serve until SIGTERM; return the exit code. SIGINT is left to the parent, on the same terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(plan, listeners, worker))
    except Exception as error:  # noqa: BLE001 - the parent starts another one
        logger.error("Worker %d failed: %s", worker, place_of(error))  # noqa: TRY400 - it may name a caller
        return 1
    return 0


async def _serve(plan: Plan, listeners: Sequence[socket.socket], worker: int) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_loop_fault)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    application = plan.make_application()
    await _call_hook(application, "start")
    try:
        counted = Metrics(plan.numbers, worker=worker, collectors=getattr(application, "collectors", ()))
        server = Server(application, limits=plan.limits, counted=counted)
        gc.collect()
        gc.freeze()  # what is here now stays: no collection need look at it again
        accepting = [
            await loop.create_server(lambda: Connection(server), sock=listener, backlog=plan.backlog)
            for listener in listeners
        ]
        await _sweep_until(stop, server, interval=plan.sweep_interval, parent=plan.parent)
        for one in accepting:
            one.close()
        await _finish(server, grace=plan.grace)
    finally:
        await _call_hook(application, "stop")


async def _sweep_until(stop: asyncio.Event, server: Server, *, interval: float, parent: int) -> None:
    """Sweep until told to stop, or until the parent is gone."""
    while not stop.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stop.wait(), interval)
        except TimeoutError:
            server.sweep()


async def _finish(server: Server, *, grace: float) -> None:
    """Let what is under way end, for at most `grace` seconds."""
    server.begin_stop()
    loop = asyncio.get_running_loop()
    end = loop.time() + grace
    while server.connections and loop.time() < end:
        await asyncio.sleep(_LOOK)
    server.abort()
    server.metrics.publish()
    await asyncio.sleep(0)


async def _call_hook(application: Application, name: str) -> None:
    hook = getattr(application, name, None)
    if hook is not None:
        await hook()


def _log_loop_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what the loop caught, without what it was about: that may hold what a caller sent."""
    error = context.get("exception")
    logger.error("The event loop caught: %s", place_of(error) if error else context.get("message"))
