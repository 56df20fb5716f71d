"""A connection to a checked address, on which no step lasts for ever."""

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import psycopg

from activation.destinations.kinds.postgresql.errors import tell, tell_connecting
from activation.destinations.kinds.postgresql.settings import PostgresqlSettings
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.resolving import check_host

_GRACE_SECONDS = 2
"""The server itself ends a step that takes too long, and says so: this much is waited for that."""


class Watch:
    """Breaks a connection off when one step on it takes too long: the server may be gone without a word."""

    def __init__(self, connection: psycopg.Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postgresql-watch", daemon=True)

    def touch(self) -> None:
        """Note that a step begins."""
        self._ends = time.monotonic() + self._seconds

    def pause(self) -> None:
        """Note that nothing is asked of the server until the next touch."""
        self._ends = math.inf

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(min(self._seconds, max(0.0, self._ends - time.monotonic()))):
            if time.monotonic() >= self._ends:
                self._break_off()
                return

    def _break_off(self) -> None:
        with suppress(OSError, psycopg.Error), socket.socket(fileno=self._connection.fileno()) as broken:
            try:
                broken.shutdown(socket.SHUT_RDWR)
            finally:
                broken.detach()


@contextmanager
def open_session(
    settings: PostgresqlSettings, password: str, *, allow_local: bool
) -> Iterator[tuple[psycopg.Connection, Watch]]:
    """Give a connection in a transaction of its own, which is rolled back unless the caller commits it.

    :raises DeliveryRefused: if the server may not be connected to, or says no.
    :raises DeliveryFailed: if it cannot be reached, or a step takes too long.
    """
    connection = _connect(settings, password, allow_local=allow_local)
    try:
        with Watch(connection, settings.step_seconds + _GRACE_SECONDS) as watch:
            yield connection, watch
    except psycopg.Error as error:
        raise tell(error) from None
    finally:
        with suppress(psycopg.Error):
            connection.close()


def _connect(settings: PostgresqlSettings, password: str, *, allow_local: bool) -> psycopg.Connection:
    if settings.tls == "disable" and not allow_local:
        raise DeliveryRefused("write `verify-full` for tls: without TLS only local addresses are served")
    addresses = check_host(settings.host, settings.port, allow_local=allow_local)
    try:
        return psycopg.connect(
            host=",".join([settings.host] * len(addresses)),
            hostaddr=",".join(map(str, addresses)),  # the checked ones: the name is not looked up again
            port=settings.port,
            dbname=settings.database,
            user=settings.user,
            password=password,
            connect_timeout=settings.connect_seconds,
            sslmode=settings.tls,
            sslrootcert="system" if settings.tls == "verify-full" else "",
            client_encoding="UTF8",
            application_name="accordant",
            tcp_user_timeout=settings.step_seconds * 1000,
            options=f"-c lock_timeout={settings.step_seconds}s -c statement_timeout={settings.step_seconds}s"
            " -c TimeZone=UTC -c DateStyle=ISO",
            passfile="/dev/null",
            target_session_attrs="any",
        )
    except psycopg.Error as error:
        raise tell_connecting(error) from None
    except UnicodeError:
        raise DeliveryFailed("PostgreSQL answered what cannot be read") from None
