"""Clients of a live service, followed by hand: a clock that stands until it is told, and a way to tamper."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread
from django.utils import timezone

from activation.checks import services
from activation.checks.types import Scope
from activation.client import AccordantClient, Workings
from consent.ledger.services import get_signing_key
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from tests.enforcement_world import QUESTION

PURPOSE, DESTINATION = QUESTION["purpose"], QUESTION["destination"]
ALL_KINDS = ("drop", "mask", "set")
SCOPES = (Scope.CHECK, Scope.EXPLAIN, Scope.SNAPSHOTS_READ, Scope.IDENTIFIERS)
SECOND = 1_000_000_000


@contextmanager
def live_service() -> Iterator[str]:
    """Serve the web process's addresses, and give where."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert not server.error
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.terminate()


def make_key(*scopes: Scope, name: str = "gateway") -> str:
    """Return a key of a client that no limit holds."""
    return services.create_key(name=name, scopes=scopes, valid_for=timedelta(hours=1), at=timezone.now())


def ref_of(customer: str) -> str:
    """Return the reference of a customer."""
    [[ref]] = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, customer)]])
    return ref


@dataclass
class Between(httpx2.BaseTransport):
    """Stands between a client and the service: it counts, it cuts the line, and it changes what passes."""

    change: Callable[[httpx2.Request, httpx2.Response], httpx2.Response] = lambda _, response: response
    before: Callable[[httpx2.Request], None] = lambda _: None
    is_cut: bool = False
    paths: list[str] = field(default_factory=list)
    inner: httpx2.BaseTransport = field(default_factory=httpx2.HTTPTransport)

    def close(self) -> None:
        self.inner.close()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.paths.append(request.url.path)
        if self.is_cut:
            raise httpx2.ConnectError("the line is cut")
        self.before(request)
        response = self.inner.handle_request(request)
        response.read()
        return self.change(request, response)


@dataclass
class Hand:
    """A clock that somebody turns."""

    now: int = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


class Inline(ThreadPoolExecutor):
    """Does at once what it is told."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as a thread of the pool would
            done.set_exception(error)
        return done


class Here(httpx2.BaseTransport):
    """The way to a service that answers in this thread."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = dict(request.headers)
        answer = Client().generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            content_type=headers.pop("content-type", ""),
            headers=headers,
        )
        return httpx2.Response(
            answer.status_code, headers=dict(answer.headers), content=getattr(answer, "content", b"")
        )


@dataclass
class World:
    """One client, and what it stands on."""

    url: str
    key: str
    folder: Path
    between: Between = field(default_factory=Between)
    clock: Hand = field(default_factory=Hand)
    is_here: bool = False
    """The service answers in this thread, which the test's transaction belongs to."""
    client: AccordantClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.make()

    def make(self, **changes: Any) -> AccordantClient:
        """Return a client of the service that nobody else has started."""
        workings = Workings(transport=self.between, clock=self.clock, at_a_time=2)
        given: dict[str, Any] = {
            "verify_key": get_signing_key().verify_key.text,
            "folder": self.folder,
            "kinds": ("customer_id",),
            "honours": ALL_KINDS,
            "timeout": 5,
            "workings": workings,
        }
        client = AccordantClient(self.url, self.key, **(given | changes))
        if self.is_here:
            client.service._pool = Inline()
        return client

    def catch_up(self, client: AccordantClient | None = None) -> None:
        """Let the client read until the feed's end."""
        while not (client or self.client).follower.poll():
            pass

    def reason(self, customer: str, client: AccordantClient | None = None) -> tuple[str, str]:
        """Return the reason of the answer about a customer, and where it came from."""
        answer = (client or self.client).check(("customer_id", customer), PURPOSE, DESTINATION)
        assert answer.allowed is (answer.reason == "granted")
        return answer.reason, answer.source.value

    def count_checks(self) -> int:
        """Return how often the service was asked a question."""
        return self.between.paths.count("/api/v1/checks")
