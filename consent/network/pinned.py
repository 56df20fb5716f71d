"""Connections to checked addresses only, each step within the time that is left."""

import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore2

from consent.network.addresses import IPAddress


class Deadline:
    """The time left for one question and its answer, whatever the steps between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends = 0.0

    def start(self, seconds: float) -> None:
        """Begin again, with so many seconds."""
        self._ends = self._clock() + seconds

    def within(self, timeout: float | None) -> float:
        """Return `timeout`, or what is left if that is less.

        :raises httpcore2.ReadTimeout: if nothing is left.
        """
        left = self._ends - self._clock()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time for the whole exchange is over")
        return left if timeout is None else min(left, timeout)


class PinnedBackend(httpcore2.NetworkBackend):
    """Opens connections to the checked addresses of one host and port, whatever name stands in the request.

    The name still goes into the Host header, and TLS still holds the certificate against it.
    """

    def __init__(
        self,
        host: str,
        port: int,
        addresses: Sequence[IPAddress],
        deadline: Deadline,
        network: httpcore2.NetworkBackend | None = None,
    ) -> None:
        self._place = (host, port)
        self._addresses = [str(address) for address in addresses]
        self._deadline = deadline
        self._network = network or httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first of the addresses that answers.

        :raises httpcore2.ConnectError: if none does, or another host is asked for than was checked.
        """
        if (host.strip("[]"), port) != self._place:
            raise httpcore2.ConnectError("only the host that was checked is connected to")
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for address in self._addresses:
            try:
                stream = self._network.connect_tcp(
                    address, port, self._deadline.within(timeout), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure


class _TimedStream(httpcore2.NetworkStream):
    """A connection on which nothing takes longer than what is left: a byte a minute is no way to stay."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        connection = self._stream.get_extra_info("socket")
        rest = memoryview(buffer)
        while rest:  # not the stream's own loop: it would grant each piece the whole time again
            connection.settimeout(self._deadline.within(timeout))
            try:
                rest = rest[connection.send(rest) :]
            except TimeoutError as error:
                raise httpcore2.WriteTimeout("the recipient does not take it") from error
            except OSError as error:
                raise httpcore2.WriteError("the recipient broke off") from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._deadline.within(timeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
