"""The web process's own views, called in this process by a few threads: what the store cannot answer.

Nothing is added to a request and nothing taken from it, so that there is one definition of every answer.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from activation.checks.server.http import Head, response

logger = logging.getLogger(__name__)

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_CONTENT = frozenset({"content-type", "content-length", "connection", "transfer-encoding"})


class ReferenceBusy(Exception):
    """More questions wait for PostgreSQL than it can be asked in time: this one is denied."""


class ReferenceFailed(Exception):
    """The views failed, or took too long: PostgreSQL may be away."""


class Reference:
    """Asks the views, so many at a time; those that wait are bounded too, in number and in time."""

    def __init__(
        self, application: WsgiApplication, *, threads: int = 8, waiting: int = 64, seconds: float = 5
    ) -> None:
        """Take what `django.core.wsgi.get_wsgi_application` gives."""
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reference")
        self._room = threads + waiting
        self._seconds = seconds
        self.asked = self.refused = self.failed = 0

    async def answer(self, head: Head, body: bytes) -> bytes:
        """Return the views' answer as a whole HTTP response.

        :raises ReferenceBusy: if too many wait already; :raises ReferenceFailed: if they made an error.
        """
        if self._room <= 0:
            self.refused += 1
            raise ReferenceBusy
        self._room -= 1
        self.asked += 1
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._pool, self._call, head, body)
        call.add_done_callback(self._give_room)
        try:
            status, headers, content = await asyncio.wait_for(asyncio.shield(call), self._seconds)
        except TimeoutError as error:
            self.failed += 1
            raise ReferenceFailed from error
        except Exception as error:
            self.failed += 1
            raise ReferenceFailed from error
        if status >= 500:
            self.failed += 1
            raise ReferenceFailed
        return _respond(status, headers, content)

    def close(self) -> None:
        """Take no more; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _give_room(self, call: "asyncio.Future[Any]") -> None:
        self._room += 1
        if not call.cancelled():
            call.exception()  # looked at, so that a late failure is no noise

    def _call(self, head: Head, body: bytes) -> tuple[int, Sequence[tuple[str, str]], bytes]:
        told: list[Any] = []

        def start_response(status: str, headers: Sequence[tuple[str, str]], *_: object) -> None:
            told.extend((int(status.split(" ", 1)[0]), headers))

        answer = self._application(_environ(head, body), start_response)
        try:
            content = b"".join(answer)
        finally:
            if (close := getattr(answer, "close", None)) is not None:
                close()
        status, headers = told
        return status, headers, content


def _environ(head: Head, body: bytes) -> dict[str, Any]:
    """Return the request as WSGI has it (PEP 3333). It came through our own network: it counts as secure."""
    host, _, port = head.headers.get(b"host", b"localhost").decode("latin-1").rpartition(":")
    headers = {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in head.headers.items()
        if name.decode("latin-1") not in _CONTENT
    }
    return {
        **headers,
        "REQUEST_METHOD": head.method.decode("latin-1"),
        "SCRIPT_NAME": "",
        "PATH_INFO": head.path.decode("latin-1"),
        "QUERY_STRING": head.query.decode("latin-1"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port if port.isdigit() else "443",
        "CONTENT_TYPE": head.headers.get(b"content-type", b"").decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": _Silent(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


class _Silent:
    """Takes what the views print about a request, and keeps nothing of it."""

    def write(self, _: str) -> None:
        """Take a text."""

    def flush(self) -> None:
        """Do nothing."""


def _respond(status: int, headers: Sequence[tuple[str, str]], content: bytes) -> bytes:
    named = {name.lower(): value for name, value in headers}
    kept = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if name.lower() not in _CONTENT
    ]
    media_type = named.get("content-type", "application/json").encode("latin-1")
    return response(status, content, content_type=media_type, headers=kept)
