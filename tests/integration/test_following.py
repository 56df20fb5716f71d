"""Followers of the feed: called on news, by one process each, whatever becomes of the others."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections, transaction

from consent.ledger import following, services
from consent.ledger.following import FeedLoop, Follower, retry_after
from consent.ledger.types import NewEntry, Stream
from tests.ledger_world import sequence_all

pytestmark = pytest.mark.usefixtures("committed_database")
LONGEST = 20.0
"""Seconds that a busy machine is given."""


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STAND_BY", 0.02)
    monkeypatch.setattr(following, "FIRST_RETRY", 0.02)


@contextmanager
def at_work(followers: Mapping[str, Follower], *, look_every: float = 60) -> Iterator[threading.Event]:
    """Run the loop in a thread, and stop it at the end."""
    stop = threading.Event()
    loop = FeedLoop(followers=followers, should_stop=stop.is_set, wait=stop.wait, look_every=look_every)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        tell_of_news()  # whoever waits for news hears of the stop
        thread.join(LONGEST)
        assert not thread.is_alive()


def tell_of_news() -> None:
    """Append an event, and give it its place."""
    with transaction.atomic():
        services.append(stream=Stream.AUDIT, entries=[NewEntry("something_happened", {})])
    sequence_all()


class Counting:
    """A follower that counts its calls, and fails while it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls, self.error = 0, error
        self.changed = threading.Condition()

    def __call__(self) -> bool:
        with self.changed:
            self.calls += 1
            self.changed.notify_all()
            if self.error is not None:
                raise self.error
        return True

    def wait_for(self, enough: Callable[[int], bool]) -> None:
        """Return once the calls are `enough`."""
        with self.changed:
            assert self.changed.wait_for(lambda: enough(self.calls), LONGEST)


def test_a_follower_is_called_at_once_when_there_is_news() -> None:
    follower = Counting()
    with at_work({"one": follower}):
        follower.wait_for(lambda calls: calls >= 1)
        before = follower.calls
        began = time.monotonic()
        tell_of_news()
        follower.wait_for(lambda calls: calls > before)

    assert time.monotonic() - began < 30  # far less than `look_every`


def test_a_follower_is_called_now_and_then_without_news() -> None:
    follower = Counting()
    with at_work({"one": follower}, look_every=0.01):
        follower.wait_for(lambda calls: calls >= 5)


def test_a_follower_that_fails_does_not_stop_the_others_and_tells_nothing_personal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing, working = Counting(ValueError("alice@customers.example")), Counting()
    with caplog.at_level(logging.WARNING), at_work({"a": failing, "b": working}, look_every=0.01):
        failing.wait_for(lambda calls: calls >= 3)
        before = working.calls
        working.wait_for(lambda calls: calls >= before + 3)
        failing.error = None
        before = failing.calls
        failing.wait_for(lambda calls: calls >= before + 3)

    assert "ValueError" in caplog.text
    assert "alice" not in caplog.text


def test_a_follower_that_never_returns_does_not_hold_up_another() -> None:
    let_go = threading.Event()
    working = Counting()

    def hang() -> bool:
        return let_go.wait(LONGEST)

    with at_work({"a": hang, "b": working}, look_every=0.01):
        working.wait_for(lambda calls: calls >= 3)
        let_go.set()


def test_of_two_processes_one_works_and_the_other_takes_over_when_it_stops() -> None:
    first, second = Counting(), Counting()
    with at_work({"one": first}, look_every=0.01) as stop_first:
        first.wait_for(lambda calls: calls >= 1)
        with at_work({"one": second}, look_every=0.01):
            before = first.calls
            first.wait_for(lambda calls: calls >= before + 5)
            assert second.calls == 0
            stop_first.set()
            second.wait_for(lambda calls: calls >= 2)


def test_a_lost_connection_is_survived_and_the_lock_won_anew() -> None:
    follower = Counting()
    with at_work({"one": follower}, look_every=0.01):
        follower.wait_for(lambda calls: calls >= 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            assert cursor.fetchall() == [(True,)]
        before = follower.calls
        follower.wait_for(lambda calls: calls >= before + 3)


def test_a_follower_that_closes_its_connection_does_not_work_without_the_lock() -> None:
    def close() -> bool:
        connections.close_all()
        return True

    second = Counting()
    with at_work({"one": close}, look_every=0.01), at_work({"one": second}, look_every=0.01):
        second.wait_for(lambda calls: calls >= 1)


def test_the_pause_after_failures_doubles_and_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "FIRST_RETRY", 0.5)

    assert [retry_after(failures) for failures in (1, 2, 3, 7, 1000)] == [0.5, 1.0, 2.0, 30.0, 30.0]


def test_nothing_is_left_connected_when_the_loop_ends(committed_database: str) -> None:
    with at_work({"one": Counting()}):
        pass

    parameters = connection.get_connection_params()
    where = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as server:
        rows = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            [committed_database, connection.connection.info.backend_pid],
        ).fetchone()
    assert rows == (0,), os.getpid()
