"""The tailer at work: wakened by the sequencer's notice, sure of nothing but what it reads."""

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import error as CutShort  # noqa: N812 - an error is named for what happened

import lmdb
import msgspec
import psycopg
from django.db import Error, connections

from activation.snapshots.store.environment import (
    Databases,
    current,
    make_current,
    open_to_write,
    remove_others,
)
from activation.snapshots.store.writing import StoreWriter
from activation.snapshots.tailing.building import build
from activation.snapshots.tailing.tailer import KeyRows, StoreOutdated, Tailer
from consent.kernel.errors import AccordantError
from consent.keys.types import KeysUnavailable
from consent.ledger.services import listen, wait_for_news

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.2
"""Seconds between looks at a feed that nobody said has news."""
RETRY = 0.5
"""Seconds before the database is tried again."""
CLEARED_EVERY = 10_000_000_000
"""Nanoseconds between looks for readers that were killed: what they read could not be written over."""
TOLD_EVERY = 100_000
"""People between two lines about a building's progress."""


# A wait for a notice fails with psycopg's own error, anything else with Django's; the keys are elsewhere.
_DATABASE_AWAY = (Error, psycopg.Error, KeysUnavailable)


class TailerRunning(AccordantError):
    """Another process keeps this store."""

    code = "tailer_running"
    status = 409


@dataclass(slots=True)
class TailerLoop:
    """Follows the feed until `should_stop`. `wait` sleeps so many seconds; `monotonic` counts nanoseconds."""

    home: Path
    list_keys: KeyRows
    should_stop: Callable[[], bool]
    wait: Callable[[float], object]
    monotonic: Callable[[], int]
    rebuild: bool = False
    """Begin with a new store, whatever there is."""
    caught_up: Callable[[], object] = lambda: None
    """Called whenever the feed's end was reached."""

    def run(self) -> None:
        """Work until told to stop. A lost database is waited for; a store that does not fit is built anew.

        :raises TailerRunning: if another process keeps the store.
        """
        with _only_one(self.home):
            while not self.should_stop():
                try:
                    self._follow()
                except (StoreOutdated, lmdb.Error) as reason:
                    logger.warning("the store is built anew: %s", reason)
                    self.rebuild = True
                    self.wait(RETRY)  # a full disk would else be written to without a pause
                except _DATABASE_AWAY:
                    logger.exception("the database failed; the tailer tries again")
                    connections.close_all()  # the keys' too: a dead one would leave people unreadable
                    self.wait(RETRY)

    def _follow(self) -> None:
        databases, tailer = self._open()
        try:
            listen()
            cleared_at = self.monotonic()
            databases.environment.reader_check()
            while not self.should_stop():
                if self.monotonic() - cleared_at > CLEARED_EVERY:
                    cleared_at = self.monotonic()
                    databases.environment.reader_check()
                if tailer.poll():
                    self.caught_up()
                    wait_for_news(0 if self.should_stop() else LOOK_EVERY)
        finally:
            databases.environment.close()

    def _open(self) -> tuple[Databases, Tailer]:
        """Return the store that there is, or a new one that has caught up."""
        folder = current(self.home)
        if folder is None or self.rebuild:
            return self._build()
        try:
            databases = open_to_write(folder)
        except lmdb.Error as error:
            raise StoreOutdated("the store cannot be opened") from error
        try:
            return databases, self._tailer(StoreWriter(databases))
        except (lmdb.Error, msgspec.DecodeError, CutShort, ValueError, LookupError, TypeError) as error:
            databases.environment.close()
            raise StoreOutdated("the store cannot be read") from error
        except StoreOutdated:
            databases.environment.close()
            raise

    def _build(self) -> tuple[Databases, Tailer]:
        remove_others(self.home, current(self.home))  # what a building that was cut short left
        folder, databases, writer = build(self.home, told=_tell)
        tailer = self._tailer(writer)
        while not tailer.poll():
            pass
        make_current(self.home, folder)
        self.rebuild = False
        logger.info("the store is built")
        return databases, tailer

    def _tailer(self, writer: StoreWriter) -> Tailer:
        return Tailer(writer, list_keys=self.list_keys, monotonic=self.monotonic)


def _tell(done: int) -> None:
    if done % TOLD_EVERY == 0:
        logger.info("%d people are in the new store", done)


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "LOCK").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TailerRunning(f"another tailer keeps {home}: stop it first, or let it work") from error
        yield
