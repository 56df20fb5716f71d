"""A watch over a connection: drivers that have no time limit of their own would wait for ever."""

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

_GRACE_SECONDS = 2
"""The server itself ends a statement that takes too long, and says so: this much is waited for that."""


class Watch:
    """Breaks a connection off when one step on it takes too long: the server may be gone without a word."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._descriptor = _descriptor(connection)
        self._seconds = seconds + _GRACE_SECONDS
        self._ends = math.inf
        self._changed = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="system-watch", daemon=True)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Watch what happens in the block."""
        self._set(time.monotonic() + self._seconds)
        try:
            yield
        finally:
            self._set(math.inf)

    def is_late(self) -> bool:
        """Return whether the step that is under way takes too long."""
        return time.monotonic() >= self._ends

    def __enter__(self) -> Self:
        if self._descriptor is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _set(self, ends: float) -> None:
        self._ends = ends  # the thread looks often enough; waking it for each step would cost more

    def _run(self) -> None:
        with self._changed:
            while not self._is_over:
                if self.is_late():
                    self._break_off()
                    return
                self._changed.wait(min(1.0, self._seconds))

    def _break_off(self) -> None:
        with suppress(OSError), socket.socket(fileno=self._descriptor) as broken:
            try:
                broken.shutdown(socket.SHUT_RDWR)
            finally:
                broken.detach()


def _descriptor(connection: Connection) -> int | None:
    """Return the number of the connection's socket, where the driver tells it: psycopg does."""
    fileno = getattr(connection.connection.driver_connection, "fileno", None)
    return int(fileno()) if callable(fileno) else None
