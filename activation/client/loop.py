"""The thread that follows the feed: it backs off when the service fails, and never ends by itself."""

import logging
import random
from collections.abc import Callable
from threading import Event, Thread

from consent.kernel.errors import AccordantError

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
"""Seconds between tries, however often they failed."""
_FIRST_PAUSE = 0.25
_DOUBLINGS = 8


def pause_after(failures: int, *, every: float, chance: float) -> float:
    """Return the seconds until the next try; `chance`, from 0 to 1, spreads clients that failed together."""
    if not failures:
        return every * (0.8 + 0.4 * chance)
    longest = min(LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures, _DOUBLINGS))
    return longest * (0.5 + 0.5 * chance)


class FollowingThread(Thread):
    """Calls `poll` until told to stop: every so many seconds, and at once while there is more to read."""

    def __init__(self, poll: Callable[[], bool], *, every: float, rest: Callable[[], None]) -> None:
        super().__init__(name="accordant-follow", daemon=True)
        self._poll, self._every, self._rest = poll, every, rest
        self._stopping = Event()
        self._failures = 0

    def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            if not self._try():
                self._rest()
                chance = random.random()  # noqa: S311 - spreads load, keeps no secret
                self._stopping.wait(pause_after(self._failures, every=self._every, chance=chance))

    def stop(self) -> None:
        """End after the page under way."""
        self._stopping.set()

    def _try(self) -> bool:
        """Poll once, and return whether there is more to read at once."""
        try:
            reached_end = self._poll()
        except AccordantError as error:
            self._fail(f"{error.code}: {error}")
            return False
        except Exception:
            logger.exception("following the feed failed")
            self._fail("a defect")
            return False
        self._failures = 0
        return not reached_end

    def _fail(self, reason: str) -> None:
        if not self._failures:
            logger.warning("the feed cannot be followed: %s", reason)
        self._failures += 1
