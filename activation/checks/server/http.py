"""Values of HTTP/1.1: the head of a request, and answers as bytes."""

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from consent.kernel.errors import AccordantError

PROBLEM = b"application/problem+json"
NO_QUICK_WAY = -1


@dataclass(slots=True, eq=False)
class Head:
    """One parsed request head. The same bytes give the same object, as long as it is remembered.

    `memo` is the application's: what it derived from this head, such as the caller behind `Authorization`.
    """

    method: bytes
    target: bytes
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    content_length: int | None = None
    chunked: bool = False
    keep_alive: bool = True
    expects_continue: bool = False
    memo: Any = None
    size: int = 0
    """How many bytes it was."""
    place: int = 0
    """Where requests to this path are counted."""
    quick_length: int = NO_QUICK_WAY
    """How long the body is, if the quick way is open to this head."""


class Application(Protocol):
    """What answers requests. It may also have `async def start(self)` and `async def stop(self)`."""

    def answer(self, head: Head, body: bytes) -> bytes | Awaitable[bytes]:
        """Return a complete HTTP response, now or later."""
        ...


class Refused(AccordantError):
    """A request that the application never sees. Its connection is closed after the answer."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        """Remember the `status` and `code` to answer with; `detail` says what to do, and echoes nothing."""
        super().__init__(detail)
        self.status = status
        self.code = code


class LastResponse(bytes):
    """A response after which the connection is closed."""

    __slots__ = ()


def response(
    status: int,
    body: bytes,
    *,
    content_type: bytes = b"application/json",
    headers: Sequence[tuple[bytes, bytes]] = (),
    keep_alive: bool = True,
) -> bytes:
    """Return a complete response. With `keep_alive` false the server closes the connection behind it.

    :raises ValueError: if a header would break out of its line.
    """
    start = _START.get(status) or b"HTTP/1.1 %d \r\n" % status
    lines = b"".join([_line(name, value) for name, value in headers]) if headers else b""
    form = b"%bContent-Type: %b\r\nContent-Length: %d\r\n%b%b\r\n%b"
    close = b"" if keep_alive else b"Connection: close\r\n"
    whole = form % (start, content_type, len(body), lines, close, body)
    return whole if keep_alive else LastResponse(whole)


def problem(status: int, code: str, detail: str) -> bytes:
    """Return the RFC 9457 document that `config.problems` would write, as JSON."""
    title = HTTPStatus(status).phrase
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    keep_alive: bool = True,
) -> bytes:
    """Return a complete response that holds a problem."""
    body = problem(status, code, detail)
    return response(status, body, content_type=PROBLEM, headers=headers, keep_alive=keep_alive)


def closing(answer: bytes) -> bytes:
    """Return `answer` with the word that the connection ends with it."""
    if isinstance(answer, LastResponse):
        return answer
    start, _, rest = answer.partition(b"\r\n")
    return b"%b\r\nConnection: close\r\n%b" % (start, rest)


def without_body(answer: bytes) -> bytes:
    """Return the head of `answer`, which is all that answers HEAD."""
    return answer[: answer.find(b"\r\n\r\n") + 4]


def _line(name: bytes, value: bytes) -> bytes:
    if b"\r" in value or b"\n" in value or b"\0" in value:
        raise ValueError("a header's value holds a line break")
    return b"%b: %b\r\n" % (name, value)


_START: Mapping[int, bytes] = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() for status in HTTPStatus
}
