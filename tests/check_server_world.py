"""A check server without sockets: a small application, a transport in memory, and a clock to turn."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from activation.checks.server.http import Head, response
from activation.checks.server.limits import Limits
from activation.checks.server.phases import SECOND
from activation.checks.server.protocol import Connection
from activation.checks.server.server import Server

Seen = tuple[bytes, bytes, dict[bytes, bytes], bytes]
Answer = tuple[int, dict[bytes, bytes], bytes]
LARGE = b"x" * 300_000
_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]*")


def post(path: bytes = b"/now", body: bytes = b"", *headers: bytes) -> bytes:
    """Return a whole request."""
    lines = [b"POST %b HTTP/1.1" % path, b"Host: check.test", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(path: bytes, *parts: bytes) -> bytes:
    """Return a request whose body comes in `parts`."""
    head = b"POST %b HTTP/1.1\r\nHost: check.test\r\nTransfer-Encoding: chunked\r\n\r\n" % path
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@dataclass
class Echo:
    """Answers with the body it was sent, at once or later, and remembers what it was asked."""

    seen: list[Seen] = field(default_factory=list)
    is_waiting: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: int = 0

    def answer(self, head: Head, body: bytes) -> bytes | Awaitable[bytes]:
        """Do what the path says."""
        self.seen.append((head.method, head.target, dict(head.headers), body))
        answers: dict[bytes, Callable[[bytes], Any]] = {
            b"/later": self._later,
            b"/when-told": self._when_told,
            b"/large": lambda _: response(200, LARGE),
            b"/last": lambda body: response(200, body, keep_alive=False),
            b"/fails": self._fail,
            b"/fails-later": self._fail_later,
            b"/nonsense": lambda _: object(),  # a defect on purpose
        }
        answer: bytes | Awaitable[bytes] = answers.get(head.path, partial(response, 200))(body)
        return answer

    def _fail(self, body: bytes) -> bytes:
        raise KeyError(body)

    async def _later(self, body: bytes) -> bytes:
        for _ in range(len(body) % 4):
            await asyncio.sleep(0)
        return response(200, body)

    async def _when_told(self, body: bytes) -> bytes:
        self.is_waiting.set()
        try:
            await self.may_go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return response(200, body)

    async def _fail_later(self, body: bytes) -> bytes:
        await asyncio.sleep(0)
        raise KeyError(body)


class Wire(asyncio.Transport):
    """A transport in memory. The client at its other end reads everything, unless it is stalled."""

    def __init__(self) -> None:
        """Begin with an open connection and an empty wire."""
        super().__init__()
        self.sent = bytearray()
        self.unread = 0
        self.is_closed = self.is_aborted = self.has_ended = self.is_reading_paused = False

    def write(self, data: Any) -> None:
        """Take what the server writes."""
        assert isinstance(data, bytes)
        assert not self.is_closed, "written after the end"
        assert not self.has_ended, "written after the end"
        self.sent += data

    def write_eof(self) -> None:
        """Note that nothing more will be written."""
        self.has_ended = True

    def close(self) -> None:
        """Note the end."""
        self.is_closed = True

    def abort(self) -> None:
        """Note the sudden end."""
        self.is_closed = self.is_aborted = True

    def is_closing(self) -> bool:
        """Return whether the server has ended it."""
        return self.is_closed

    def get_write_buffer_size(self) -> int:
        """Return how much the client has not read."""
        return self.unread

    def pause_reading(self) -> None:
        """Hold back what the client sends."""
        assert not self.is_reading_paused
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        """Let the client's bytes through again."""
        assert self.is_reading_paused
        self.is_reading_paused = False


class World:
    """One server and its clock. Use it inside a running event loop."""

    def __init__(self, **limits: Any) -> None:
        """Start with the default limits, but for `limits`."""
        self.now = 0.0
        self.echo = Echo()
        self.limits = Limits(**limits)
        self.server = Server(self.echo, limits=self.limits, clock=lambda: int(self.now * SECOND))

    def connect(self) -> tuple[Connection, Wire]:
        """Return a new client's connection, and the wire it writes to."""
        connection, wire = Connection(self.server), Wire()
        connection.connection_made(wire)
        return connection, wire

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass, and the server look at it."""
        self.now += seconds
        self.server.sweep()

    async def converse(self, pieces: Iterable[bytes], *, waits: bool = False) -> Wire:
        """Send `pieces`, then end; return the wire once the server has closed it, which it must."""
        connection, wire = self.connect()
        for piece in pieces:
            await _until(lambda: not wire.is_reading_paused or wire.is_closed)
            if wire.is_closed:
                break
            connection.data_received(piece)
            if waits:
                await _turns(8)
        await _until(lambda: not wire.is_reading_paused or wire.is_closed)
        if not wire.is_closed and not connection.eof_received():
            wire.close()
        await _until(lambda: wire.is_closed)
        connection.connection_lost(None)
        assert not self.server.connections
        assert not self.server.buffered
        return wire


def read_answers(sent: bytes | bytearray) -> list[Answer]:
    """Return the answers that `sent` consists of. Fails if it is anything but whole, valid answers."""
    rest, answers = bytes(sent), []
    while rest:
        head, found, rest = rest.partition(b"\r\n\r\n")
        assert found, "an answer was cut off"
        line, *fields = head.split(b"\r\n")
        match = _STATUS_LINE.fullmatch(line)
        assert match, line
        headers = {name.lower(): value for name, _, value in (one.partition(b": ") for one in fields)}
        status = int(match[1])
        length = 0 if status == 100 else int(headers[b"content-length"])
        assert len(rest) >= length, "an answer was cut off"
        answers.append((status, headers, rest[:length]))
        rest = rest[length:]
    return answers


async def _turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def _until(is_so: Any) -> None:
    for _ in range(2_000):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it hangs")
