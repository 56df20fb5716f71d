"""The part of every fake that speaks HTTP: a real server on loopback, which can be broken in many ways."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conformance.harness import Fault

MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        """Return the body, which must be JSON in whose objects no name comes twice."""
        if self.headers.get("content-type", "").split(";")[0] != "application/json":
            raise Rejected(415, {"error": "content type"})
        try:
            return json.loads(self.body, object_pairs_hook=_once, parse_constant=_no_constant)
        except ValueError as error:
            raise Rejected(400, {"error": str(error)}) from None


@dataclass
class Reply:
    """What is answered."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Rejected(Exception):
    """The real service would not take this."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.reply = Reply(status, body, headers or {})


class FakeService:
    """A service on loopback. Subclass it and write `answer`; `complaints` keeps what it found wrong."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.complaints: list[object] = []
        self.next: list[Reply | str] = []
        """In place of answers, one for each request: replies, `hang`, `half`, `close` or `lost` (it is done,
        but the answer is lost)."""
        self.fault: Fault | None = None
        self._well = threading.Event()
        self._lock = threading.Lock()
        self._server = self._listen(0)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def patience_for_it(self) -> float:
        """How many seconds a client should give it: few if it is known to hang, enough on a busy machine."""
        return 0.3 if self.fault is Fault.HANGS else 3.0

    def plan(self, *replies: int | str) -> None:
        """Let the next requests be answered so: by a status, or as `next` says."""
        self.next = [Reply(reply) if isinstance(reply, int) else reply for reply in replies]

    def answer(self, asked: Asked) -> Reply:
        """Return what the service would answer.

        :raises Rejected: if it would not take the request.
        """
        raise NotImplementedError

    def refusal(self) -> Reply:
        """Return how it refuses somebody it does not know."""
        return Reply(403, {"error": "forbidden"})

    def forget(self) -> None:
        """Be well, and hold nothing."""
        self.asked.clear()
        self.complaints.clear()
        self.next.clear()

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        """Be broken until the context is left."""
        self._well.clear()
        self.fault = fault
        if fault is Fault.UNREACHABLE:
            self._server.shutdown()
            self._server.server_close()
        try:
            yield
        finally:
            self.fault = None
            self._well.set()
            if fault is Fault.UNREACHABLE:
                self._server = self._listen(self.port)

    def close(self) -> None:
        """Stop."""
        self._well.set()
        self._server.shutdown()
        self._server.server_close()

    def reply_to(self, asked: Asked) -> Reply | str:
        """Return what is said, or what is done in place of it. One request at a time."""
        if self.fault is not None:
            return {Fault.REFUSES: self.refusal(), Fault.IN_TROUBLE: Reply(503)}.get(self.fault, "hang")
        with self._lock:
            self.asked.append(asked)
            planned = self.next.pop(0) if self.next else None
            if planned is not None and planned != "lost":
                return planned
            try:
                reply = self.answer(asked)
            except Rejected as rejected:
                self.complaints.append(rejected.reply.body)
                return rejected.reply
            return "close" if planned == "lost" else reply

    def wait_until_well(self) -> None:
        """Hang, as long as the fault lasts."""
        self._well.wait(10)

    def _listen(self, port: int) -> ThreadingHTTPServer:
        handler = type("Handler", (_Handler,), {"service": self})
        server = _Server(("127.0.0.1", port), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients break off in these tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: FakeService
    timeout = 10
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        if self.service.fault is Fault.UNREACHABLE:
            return self._break_off()
        length = int(self.headers.get("content-length", 0))
        assert length <= MOST_BYTES
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        asked = Asked(self.command, parts.path, parse_qs(parts.query, strict_parsing=False), headers, body)
        reply = self.service.reply_to(asked)
        if isinstance(reply, Reply):
            return self._say(reply)
        if reply == "hang":
            self.service.wait_until_well()
        if reply == "half":
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        return self._break_off()

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve  # noqa: N815 - the library's names

    def _say(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        with suppress(OSError):
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _break_off(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def running(make: Callable[[], FakeService]) -> Iterator[Any]:
    """Give a service that is stopped afterwards."""
    service = make()
    try:
        yield service
    finally:
        service.close()


def need(condition: object, complaint: object, status: int = 400) -> None:
    """Return if the request is as it must be.

    :raises Rejected: otherwise.
    """
    if not condition:
        raise Rejected(status, {"error": complaint})


def need_fields(told: Any, *, required: set[str], optional: set[str] | None = None, where: str) -> None:
    """Return if `told` is an object with these fields and no others.

    :raises Rejected: otherwise.
    """
    need(isinstance(told, dict), f"{where} must be an object")
    need(required <= set(told), f"{where} lacks {sorted(required - set(told))}")
    need(
        set(told) <= required | (optional or set()),
        f"{where} has unknown {sorted(set(told) - required - (optional or set()))}",
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")
