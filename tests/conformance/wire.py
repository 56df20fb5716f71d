"""A wire to a recipient, which can be cut or fall silent: what a network does."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Connect = Callable[[], socket.socket]


class Wire:
    """Listens on a port of the loopback address, and hands bytes on to wherever `connect` leads."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._is_silent = threading.Event()
        self._carried: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Take connections, and hand nothing on."""
        self._is_silent.set()
        try:
            yield
        finally:
            self._is_silent.clear()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Take no connection, and end those that there are."""
        self.close()
        for one in tuple(self._carried):
            _end(one)
        try:
            yield
        finally:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._listen()

    def close(self) -> None:
        """Listen no more."""
        _end(self._listener)
        self._accepting.join()
        self._listener.close()

    def _listen(self) -> None:
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._carried.add(near)
        try:
            self._hand_on(near)
        finally:
            self._carried.discard(near)

    def _hand_on(self, near: socket.socket) -> None:
        with near, suppress(OSError), self._connect() as far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    piece = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]  # we registered sockets
                    if not piece:
                        return
                    if not self._is_silent.is_set():
                        key.data.sendall(piece)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
