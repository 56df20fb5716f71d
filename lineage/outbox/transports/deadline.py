"""Connections that end at a moment, however slowly the other side speaks.

`requests` bounds each wait for a byte, so a server that sends one now and then keeps a caller for ever, in
its answer's head as well as in the body. These sockets wait for what is left of the whole time, each time.
Only the look-up of the host's name lies outside: the system bounds it by itself.
"""

import socket
import ssl
import time
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError


class Deadline:
    """The moment at which one emission has to be over. One thread uses it at a time."""

    def __init__(self) -> None:
        self._ends_at = 0.0

    def start(self, seconds: float) -> None:
        """Let it be so many seconds from now."""
        self._ends_at = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left.

        :raises TimeoutError: if none are.
        """
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        return left


class _Socket(socket.socket):
    """A socket that waits for what is left of the time."""

    deadline: ClassVar[Deadline]

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        self.settimeout(self.deadline.left())
        return super().sendall(*arguments, **named)


class _SecureSocket(ssl.SSLSocket):
    """The same, encrypted. It sends piece by piece, and shakes hands within the time of the connection."""

    deadline: ClassVar[Deadline]

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*arguments, **named)

    def send(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().send(*arguments, **named)


class DeadlineAdapter(HTTPAdapter):
    """Connects for `requests` with such sockets; trusts whom the system trusts, and repeats nothing."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Make the pool whose connections end in time."""
        trust = ssl.create_default_context()
        trust.sslsocket_class = type("SecureSocket", (_SecureSocket,), {"deadline": self._deadline})
        super().init_poolmanager(*arguments, **named, ssl_context=trust)
        plain, secure = _make_connections(self._deadline)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


def _make_connections(deadline: Deadline) -> tuple[type[HTTPConnection], type[HTTPSConnection]]:
    own_socket = type("Socket", (_Socket,), {"deadline": deadline})

    class Connecting:
        def _new_conn(self: Any) -> socket.socket:
            try:
                return _connect(own_socket, deadline, self._dns_host, self.port)
            except OSError as error:
                raise NewConnectionError(self, type(error).__name__) from error

    return (
        type("Connection", (Connecting, HTTPConnection), {}),
        type("SecureConnection", (Connecting, HTTPSConnection), {}),
    )


def _connect(own_socket: type[socket.socket], deadline: Deadline, host: str, port: int) -> socket.socket:
    """Return a connection to the first address that takes one, each tried for its share of the time."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the name has no address")
    for place, (family, kind, protocol, _, address) in enumerate(found):
        connecting = own_socket(family, kind, protocol)
        try:
            connecting.settimeout(deadline.left() / (len(found) - place))
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connecting.connect(address)
            connecting.settimeout(deadline.left())
        except OSError as error:
            connecting.close()
            failure = error
        else:
            return connecting
    raise failure
