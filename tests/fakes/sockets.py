"""A server of raw bytes: it says exactly what it is told to, good or bad."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]


class RawServer:
    """Listens on loopback; `seen` holds the first bytes that each connection sent."""

    def __init__(self, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self.seen: list[bytes] = []


@contextmanager
def serve_raw(talk: Talk, *, shows: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Serve each connection with `talk`, called once the head of a question came; close it afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener)
        thread = threading.Thread(target=_serve, args=(listener, server, talk, shows), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)
    assert not thread.is_alive()


def _serve(listener: socket.socket, server: RawServer, talk: Talk, shows: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), connection:
            spoken = shows.wrap_socket(connection, server_side=True) if shows else connection
            with spoken:
                spoken.settimeout(10)
                server.seen.append(_read_head(spoken))
                talk(spoken)
                _leave_in_peace(spoken)


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65_536)
        if not piece:
            break
        head += piece
    return head


def _leave_in_peace(connection: socket.socket) -> None:
    """Take what was sent besides: closed before, the system would break off and the answer be lost."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65_536):
        pass


def says(answer: bytes) -> Talk:
    """Return what answers these bytes."""
    return lambda connection: connection.sendall(answer)
