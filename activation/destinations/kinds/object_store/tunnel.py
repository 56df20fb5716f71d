"""A way out for a library that looks names up itself: a proxy of our own, to checked addresses only.

The library speaks TLS through it, and holds the certificate against the host's name as ever.
"""

import base64
import secrets
import selectors
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from consent.network.addresses import IPAddress

_LONGEST_HEAD = 8192
_PIECE = 1 << 16


class _Tunnel:
    def __init__(self, host: str, port: int, addresses: Sequence[IPAddress], connect_seconds: float) -> None:
        self._target = f"CONNECT {host}:{port} HTTP/1.1"
        self._port, self._addresses, self._seconds = port, addresses, connect_seconds
        self._user = secrets.token_hex(16)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._is_over = threading.Event()
        threading.Thread(target=self._accept, name="tunnel", daemon=True).start()

    @property
    def url(self) -> str:
        """The proxy's address, with the word that only the caller knows."""
        return f"http://{self._user}:x@127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """End every connection, and take no more."""
        self._is_over.set()
        for one in (self._listener, *tuple(self._open)):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._is_over.is_set():
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), name="tunnel", daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        self._open.add(near)
        with near, suppress(OSError):
            near.settimeout(self._seconds)
            head = _read_head(near)
            if not self._is_ours(head):
                near.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            far = self._connect()
            if far is None:
                near.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with far:
                self._open.add(far)
                near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                near.settimeout(None)
                _hand_on(near, far)
                self._open.discard(far)
        self._open.discard(near)

    def _is_ours(self, head: bytes) -> bool:
        line, *fields = head.decode("latin-1").split("\r\n")
        word = base64.b64encode(f"{self._user}:x".encode()).decode()
        given = [
            value.strip()
            for name, _, value in (field.partition(":") for field in fields)
            if name.lower() == "proxy-authorization"
        ]
        return line == self._target and given == [f"Basic {word}"]

    def _connect(self) -> socket.socket | None:
        for address in self._addresses:
            with suppress(OSError):
                far = socket.create_connection((str(address), self._port), timeout=self._seconds)
                far.settimeout(None)
                return far
        return None


@contextmanager
def open_tunnel(
    host: str, port: int, addresses: Sequence[IPAddress], *, connect_seconds: float
) -> Iterator[str]:
    """Give the address of a proxy that connects to `host` and `port` at `addresses`, and to nothing else."""
    tunnel = _Tunnel(host, port, addresses, connect_seconds)
    try:
        yield tunnel.url
    finally:
        tunnel.close()


def _read_head(near: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) <= _LONGEST_HEAD:
        piece = near.recv(_PIECE)
        if not piece:
            break
        head += piece
    return head.removesuffix(b"\r\n\r\n")


def _hand_on(near: socket.socket, far: socket.socket) -> None:
    """Hand bytes on both ways until one side ends."""
    with selectors.DefaultSelector() as ready:
        ready.register(near, selectors.EVENT_READ, far)
        ready.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in ready.select():
                piece = key.fileobj.recv(_PIECE)  # type: ignore[union-attr]  # sockets were registered
                if not piece:
                    return
                key.data.sendall(piece)
