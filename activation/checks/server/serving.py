"""Several workers on one port. The parent opens the sockets, forks, and starts again what died."""

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NoReturn

from activation.checks.server import worker
from activation.checks.server.http import Application
from activation.checks.server.limits import Limits
from activation.checks.server.shared_numbers import SharedNumbers

logger = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_LONG_LIFE = 10.0  # seconds after which a death counts as the first one again
_AFTER_GRACE = 2.0  # seconds that a worker has for its own end, before it is killed


def serve(
    make_application: Callable[[], Application],
    *,
    host: str,
    port: int,
    workers: int = 1,
    limits: Limits | None = None,
    grace: float = 10,
    paths: Sequence[bytes] = (),
    reuse_port: bool = False,
    backlog: int = 1024,
) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code. Requests to each of `paths` are counted apart.

    Each worker makes an application of its own. Its `async def start(self)` and `async def stop(self)`, and
    its `collectors` for `/metrics`, are used if it has them.

    :raises OSError: if the address cannot be had.
    """
    with listen(host, port, reuse_port=reuse_port, backlog=backlog) as listener:
        plan = worker.Plan(
            make_application=make_application,
            limits=limits or Limits(),
            grace=grace,
            numbers=SharedNumbers(paths, workers=workers),
            parent=os.getpid(),
            backlog=backlog,
        )
        return Parent(plan, [listener]).run()


def listen(host: str, port: int, *, reuse_port: bool = False, backlog: int = 1024) -> socket.socket:
    """Return a listening socket; with `reuse_port` another process may listen on the same port.

    :raises OSError: if the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=backlog, reuse_port=reuse_port)
    listener.setblocking(False)
    return listener


@dataclass
class _Worker:
    """A worker process, or the place for the next one."""

    pid: int = 0
    started_at: float = 0
    due_at: float = 0
    wait: float = 0


class Parent:
    """Starts workers, starts again what died, and ends them all."""

    def __init__(self, plan: worker.Plan, listeners: Sequence[socket.socket]) -> None:
        """Serve on `listeners` by `plan`."""
        self._plan = plan
        self._listeners = listeners
        self._workers = [_Worker() for _ in range(plan.numbers.workers)]
        self._signals: list[int] = []

    def run(self) -> int:
        """Keep the workers running until SIGTERM or SIGINT; return 0, or 128 + the second signal's number."""
        reading, writing = socket.socketpair()
        with closing(reading), closing(writing):
            writing.setblocking(False)
            before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)}
            for one in before:
                signal.signal(one, self._hear)
            wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
            try:
                self._keep_running(reading)
                return self._end(reading)
            finally:
                signal.set_wakeup_fd(wakeup)
                for one, handler in before.items():
                    signal.signal(one, handler)

    def _keep_running(self, wakeup: socket.socket) -> None:
        while not self._signals:
            self._reap()
            now = time.monotonic()
            for place, one in enumerate(self._workers):
                if not one.pid and one.due_at <= now:
                    self._start(place, one, now)
            due = [one.due_at - now for one in self._workers if not one.pid]
            _sleep(wakeup, max(0.0, min(due, default=60.0)))

    def _end(self, wakeup: socket.socket) -> int:
        """Tell the workers to finish, and kill those who do not; a second signal kills them at once."""
        for listener in self._listeners:
            listener.close()
        self._tell(signal.SIGTERM)
        end = time.monotonic() + self._plan.grace + _AFTER_GRACE
        heard = len(self._signals)
        while self._reap() and time.monotonic() < end and len(self._signals) == heard:
            _sleep(wakeup, max(0.0, end - time.monotonic()))
        self._tell(signal.SIGKILL)
        while self._reap():
            _sleep(wakeup, 1)
        return 128 + self._signals[-1] if len(self._signals) > heard else 0

    def _start(self, place: int, one: _Worker, now: float) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(place)
        one.pid, one.started_at = pid, now

    def _become_worker(self, place: int) -> NoReturn:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for one in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(one, signal.SIG_DFL)
            code = worker.run(self._plan, self._listeners, worker=place)
            logging.shutdown()
        finally:
            os._exit(code)  # the parent's own endings are not ours

    def _reap(self) -> bool:
        """Note which workers have ended; return whether any is left."""
        now = time.monotonic()
        for one in self._workers:
            if one.pid and os.waitpid(one.pid, os.WNOHANG)[0]:
                has_lived_long = now - one.started_at >= _LONG_LIFE
                one.wait = _FIRST_WAIT if has_lived_long or not one.wait else min(2 * one.wait, _LONGEST_WAIT)
                if not self._signals:
                    logger.error("Worker %d ended; the next starts in %.1f s", one.pid, one.wait)
                one.pid, one.due_at = 0, now + one.wait
        return any(one.pid for one in self._workers)

    def _tell(self, number: int) -> None:
        for one in self._workers:
            if one.pid:
                os.kill(one.pid, number)

    def _hear(self, number: int, _: Any) -> None:
        if number != signal.SIGCHLD:
            self._signals.append(number)


def _sleep(wakeup: socket.socket, seconds: float) -> None:
    """Wait until a signal comes, or `seconds` have passed."""
    if select.select([wakeup], [], [], seconds)[0]:
        wakeup.recv(4096)
