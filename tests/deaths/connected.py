"""Runs whose destination is connected: to a recipient that is not here, or, watched, to a real one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import psycopg
import pyarrow as pa

from activation.destinations.kinds.interface import Connector, Delivery, Progress, Receipt, Removal
from activation.destinations.queries import open_connector
from activation.enforcement import delivering
from consent.network.errors import DeliveryFailed
from consent.subjects.types import IdentifierKind
from tests.deaths.home import home_of
from tests.deaths.points import come
from tests.deaths.recipient import FakeRecipient
from tests.enforcement_world import run

Answer = TypeVar("Answer")


def enforce_to_fake(folder: Path, **options: Any) -> None:
    """Enforce the audience in `folder` to the recipient that keeps its rows beside it."""
    with connected_to_fake(folder):
        run(folder, **options)


@contextmanager
def connected_to_fake(folder: Path) -> Iterator[None]:
    """Let the destination be connected to the recipient that keeps its rows beside `folder`."""
    with patch.object(delivering, "open_connector", lambda _: open_fake(folder)):
        yield


def open_fake(folder: Path) -> FakeRecipient:
    """Return the recipient that keeps its rows beside `folder`."""
    kept = home_of(folder) / "recipient"
    kept.mkdir(exist_ok=True)
    return FakeRecipient(kept)


def enforce_watched(folder: Path, **options: Any) -> None:
    """Enforce the audience in `folder` to what its destination is connected to; what that does are points."""

    def open_watched(slug: str) -> Connector | None:
        opened = open_connector(slug)
        return opened and Watched(opened)

    with patch.object(delivering, "open_connector", open_watched), watched_commits():
        run(folder, **options)


@contextmanager
def watched_commits() -> Iterator[None]:
    """Let the commits of every session be points, a recipient's too."""
    commit = psycopg.Connection.commit

    def around(connection: "psycopg.Connection[Any]") -> None:
        _around("a session's commit", lambda: commit(connection))

    with patch.object(psycopg.Connection, "commit", around):
        yield


class Watched:
    """A connector whose every call, and every batch that it takes, is a point before and after."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def check(self) -> None:
        """Return if the recipient can be reached."""
        self._connector.check()

    def prepare(self, delivery: Delivery) -> None:
        """Return if the recipient can take the rows."""
        _around("prepare", lambda: self._connector.prepare(delivery))

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Hand over all the rows."""
        pointed = replace(delivery, batches=lambda: _pointed(delivery.batches()))
        return _around("deliver", lambda: self._connector.deliver(pointed, progress))

    def remove(self, removal: Removal) -> Receipt:
        """Take the people out."""
        return _around("remove", lambda: self._connector.remove(removal))

    def list_held(self, audience: str, identifiers: Mapping[IdentifierKind, str]) -> Iterator[pa.RecordBatch]:
        """Tell whom the recipient holds."""
        return _around("list_held", lambda: self._connector.list_held(audience, identifiers))


def _pointed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        come("recipient: before a batch", DeliveryFailed)
        yield batch
    come("recipient: after the last batch", DeliveryFailed)


def _around(name: str, call: Callable[[], Answer]) -> Answer:
    come(f"recipient: before {name}", DeliveryFailed)
    answer = call()
    come(f"recipient: after {name}", DeliveryFailed)
    return answer
