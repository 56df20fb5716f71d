"""Followers of the change feed: wakened by the sequencer's notice, sure of nothing but what they read.

Each follower has a thread and a connection of its own, so that a slow or failing one holds up no other, and
an advisory lock, so that of several processes one works and the others stand by. The lock goes with the
connection: whoever dies is followed within `STAND_BY`. It only spares work; what a follower writes must be
safe against a second one.
"""

import logging
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from traceback import extract_tb

from django.db import connection, connections

from consent.ledger.types import FEED_CHANNEL

logger = logging.getLogger(__name__)

Follower = Callable[[], bool]
"""Does a piece of what the feed asks for, and returns whether it has reached the feed's end."""

LOOK_EVERY = 0.2
"""Seconds between looks at a feed that nobody said has news."""
STAND_BY = 1.0
"""Seconds between tries to take over from another process."""
FIRST_RETRY = 0.5
LONGEST_RETRY = 30.0
"""Seconds before a follower that failed is called again: twice as many each time, up to the longest."""
_LOCKS = 0x464F4C4C  # "FOLL": the first half of each follower's lock


@dataclass(slots=True)
class FeedLoop:
    """Calls followers until `should_stop`. `wait` sleeps so many seconds, less if told to stop."""

    followers: Mapping[str, Follower]
    """By a name that is the same in every process: of each name, one is at work."""
    should_stop: Callable[[], bool]
    wait: Callable[[float], object]
    look_every: float = LOOK_EVERY

    def run(self) -> None:
        """Work until told to stop. A lost database is waited for; a follower that fails rests, alone."""
        threads = [
            threading.Thread(target=self._work, args=one, name=f"follower {one[0]}")
            for one in self.followers.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, name: str, follower: Follower) -> None:
        turn = _Turn(name, follower)
        while not self.should_stop():
            try:
                self._follow(turn)
                rest = STAND_BY
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on and this is tried again
                turn.failures += 1
                rest = retry_after(turn.failures)
                logger.warning(  # without the error's words: they may hold what people said
                    "follower %s failed %d times with %s; tried again in %.1f s",
                    name,
                    turn.failures,
                    _place(error),
                    rest,
                )
            connections.close_all()  # and with them the lock, if we held it
            if not self.should_stop():
                self.wait(rest)

    def _follow(self, turn: "_Turn") -> None:
        """Work until told to stop, or until the lock is somebody else's."""
        if not _is_elected(turn.name):
            return
        held = connection.connection
        logger.info("this process is follower %s", turn.name)
        listen()
        while not self.should_stop() and connection.connection is held:
            at_end = turn.follower()
            turn.failures = 0
            if at_end and connection.connection is held:
                wait_for_news(0 if self.should_stop() else self.look_every)


@dataclass(slots=True)
class _Turn:
    """One follower, and how often in a row it failed."""

    name: str
    follower: Follower
    failures: int = 0


def retry_after(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row, from 1."""
    return min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(failures - 1, 10))


def listen() -> None:
    """Be told of news on this thread's connection from now on."""
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {FEED_CHANNEL}")


def wait_for_news(seconds: float) -> None:
    """Return when the sequencer says that there is news, or after `seconds`. Call `listen` first."""
    connection.ensure_connection()
    for _ in connection.connection.notifies(timeout=seconds, stop_after=1):
        pass


def _is_elected(name: str) -> bool:
    mark = zlib.crc32(name.encode()) - 2**31  # as PostgreSQL's integer
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, mark])
        return bool(cursor.fetchone() == (True,))


def _place(error: Exception) -> str:
    """Return the error's kind, and where it came from."""
    frames = extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
