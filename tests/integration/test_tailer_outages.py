"""What the tailer does when something it needs is away, and with what others left behind."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb
import psycopg
import pytest
from django.db import connections

from activation.checks.management.commands.run_tailer import list_keys
from activation.snapshots.store.environment import current, new_generation, open_to_write
from activation.snapshots.tailing import building, loop
from activation.snapshots.tailing.loop import TailerLoop
from activation.snapshots.tailing.people import read_people
from consent.keys import queries as keys
from consent.keys.types import KeysUnavailable
from consent.ledger import services
from consent.subjects.queries import list_refs_after
from tests.enforcement_world import make_world
from tests.ledger_world import sequence_all

pytestmark = pytest.mark.django_db
READ_AND_WAIT = """
import sys, time
from pathlib import Path
from activation.snapshots.store.environment import open_to_read
transaction = open_to_read(Path(sys.argv[1])).environment.begin()
print("reading", flush=True)
time.sleep(60)
"""


class Loop:
    """A loop that ends when it has caught up; what it waited for is counted instead."""

    def __init__(self, home: Path) -> None:
        self.is_over, self.waits = False, 0
        self.loop = TailerLoop(
            home=home,
            list_keys=list_keys,
            should_stop=lambda: self.is_over,
            wait=self._wait,
            monotonic=time.monotonic_ns,
            caught_up=self._end,
        )

    def run(self) -> None:
        self.is_over = False
        self.loop.run()

    def _wait(self, _: float) -> None:
        self.waits += 1

    def _end(self) -> None:
        self.is_over = True


@pytest.fixture
def tailer(tmp_path: Path) -> Loop:
    make_world()
    sequence_all()
    return Loop(tmp_path)


def test_people_are_not_unreadable_because_the_keys_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    refs = list_refs_after("", limit=10)
    assert all(state for _, state in read_people(refs).states)

    def refuse(_: object) -> Any:
        raise KeysUnavailable("away")

    monkeypatch.setattr(keys, "get_keys", refuse)

    with pytest.raises(KeysUnavailable):
        read_people(refs)


@pytest.mark.parametrize("error", [KeysUnavailable("away"), psycopg.OperationalError("closed")])
def test_an_outage_is_waited_for(tailer: Loop, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    failures, listen = [error], services.listen
    closed: list[bool] = []

    def fail_once() -> None:
        if failures:
            raise failures.pop()
        listen()

    monkeypatch.setattr(loop, "listen", fail_once)
    monkeypatch.setattr(connections, "close_all", lambda: closed.append(True))

    tailer.run()

    assert tailer.waits == 1
    assert closed == [True]


def test_what_a_building_left_that_was_cut_short_is_removed_before_the_next_takes_space(
    tailer: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, build = new_generation(tmp_path), building.build
    was_there: list[bool] = []

    def look_and_build(*given: Any, **named: Any) -> Any:
        was_there.append(left.exists())
        return build(*given, **named)

    monkeypatch.setattr(loop, "build", look_and_build)

    tailer.run()

    assert was_there == [False]
    assert current(tmp_path) is not None


def test_a_store_that_cannot_be_written_is_not_tried_without_a_pause(
    tailer: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, failures = building.build, [True] * 3

    def fail(*given: Any, **named: Any) -> Any:
        if failures:
            failures.pop()
            raise lmdb.DiskError("no space is left")
        return build(*given, **named)

    monkeypatch.setattr(loop, "build", fail)

    tailer.run()

    assert tailer.waits == 3


def test_a_killed_reader_is_forgotten_and_a_living_one_is_not(tailer: Loop, tmp_path: Path) -> None:
    tailer.run()
    folder = current(tmp_path)
    assert folder is not None
    with reading(folder) as living, reading(folder) as killed:
        killed.kill()
        killed.wait()
        assert list_readers(folder) == sorted([living.pid, killed.pid])

        tailer.run()

        assert list_readers(folder) == [living.pid]


@contextmanager
def reading(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a process that reads the store and does not end by itself."""
    command = [sys.executable, "-c", READ_AND_WAIT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"reading\n"
        try:
            yield reader
        finally:
            reader.kill()


def list_readers(folder: Path) -> list[int]:
    """Return the processes that the store takes for its readers."""
    databases = open_to_write(folder)
    try:
        lines = databases.environment.readers().splitlines()[1:]
        return sorted(int(line.split()[0]) for line in lines)
    finally:
        databases.environment.close()
