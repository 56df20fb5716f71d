"""A decision store beside a test's database, and an application that answers from it without sockets."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from activation.checks.answering.application import CheckApplication
from activation.checks.answering.callers import KnownCaller
from activation.checks.answering.decision_log import DecisionLog
from activation.checks.answering.quick_lane import QuickLane
from activation.checks.answering.reference import Reference
from activation.checks.answering.verifying import KeyVerifier
from activation.checks.limits import Meter
from activation.checks.management.commands.run_tailer import list_keys
from activation.checks.server.http import Head
from activation.snapshots.local import LocalStore
from activation.snapshots.resolving import Resolver
from activation.snapshots.store.environment import Databases, make_current
from activation.snapshots.store.reading import StoreReader
from activation.snapshots.tailing.building import build
from activation.snapshots.tailing.tailer import Tailer
from tests.ledger_world import sequence_all


class SharedStore(LocalStore):
    """A store read in the process that writes it: LMDB opens an environment once a process."""

    def __init__(self, databases: Databases, **given: Any) -> None:
        super().__init__(Path("/nonexistent"), **given)
        self.databases = databases

    def _look_for_generation(self, now: int) -> None:
        self._looked_at = now
        if self._reader is None:
            self._reader = StoreReader(self.databases)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.rest()
        self._reader, self.poll, self._world, self._segment, self._world_version = None, None, None, None, -1


class StoreWorld:
    """A tailer and a store, driven by hand."""

    def __init__(self, home: Path, monotonic: Callable[[], int] = time.monotonic_ns) -> None:
        self.monotonic = monotonic
        self.folder, self.databases, writer = build(home, told=lambda _: None)
        make_current(home, self.folder)
        self.tailer = Tailer(writer, list_keys=list_keys, monotonic=monotonic)
        self.store = SharedStore(self.databases, resolver=make_resolver(), monotonic=monotonic)

    def catch_up(self) -> None:
        """Give what waits its place, and let the store have it."""
        sequence_all()
        while not self.tailer.poll():
            pass
        self.store.renew(self.monotonic())

    def application(self, *, bound: int = 30_000_000_000, **given: Any) -> CheckApplication:
        """Return an application that answers from the store."""
        return CheckApplication(
            store=self.store,
            lane=QuickLane(store=self.store, meter=Meter(), log=DecisionLog(None)),
            reference=Reference(given.pop("views", None) or get_wsgi_application()),
            verifier=KeyVerifier(given.pop("find", no_key), monotonic=self.monotonic),
            bound=bound,
            micros=given.pop("micros", _micros),
            monotonic=self.monotonic,
            **given,
        )


def _micros() -> int:
    return time.time_ns() // 1000


def no_key(_: bytes) -> KnownCaller | None:
    raise ConnectionError("PostgreSQL is not asked about keys in this test")


def make_resolver() -> Resolver:
    """Return the resolver of the settings' keys."""
    return Resolver.from_masters(settings.IDENTIFIER_KEYS, settings.TOMBSTONE_KEY)


@contextmanager
def store_world(home: Path, **given: Any) -> Iterator[StoreWorld]:
    """Give a store of the test's database that has caught up."""
    world = StoreWorld(home, **given)
    try:
        world.catch_up()
        yield world
    finally:
        world.databases.environment.close()


def head_of(path: str, key: str, **headers: str) -> Head:
    """Return the head of a request that posts JSON."""
    named = {b"authorization": f"Bearer {key}".encode(), b"content-type": b"application/json"}
    named |= {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Head(
        method=b"POST",
        target=path.encode(),
        path=path.encode(),
        query=b"",
        headers={b"host": b"testserver", **named},
    )


def read_response(response: bytes) -> tuple[int, dict[str, str], Any]:
    """Return a response's status, headers by lower-case name, and body."""
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return (
        int(first.split(" ")[1]),
        {name.lower(): value for name, value in headers.items()},
        json.loads(body),
    )
