"""Asking PostgreSQL about a key that the store's word is too old for: once a second for each key, not more.

A store that is otherwise fresh goes on answering meanwhile. Were each question left to the views instead, a
tailer that falls behind for a second would bring their whole load upon the database it waits for.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from activation.checks.answering.callers import KnownCaller
from activation.snapshots.freshness import SECOND

KEYS_BOUND = SECOND
"""Nanoseconds for which a word on a key is taken, the store's or PostgreSQL's."""
MOST_KEYS = 10_000
"""Keys that are remembered before they are begun anew: callers choose what they send."""
MOST_ASKING = 1_000
"""Keys that are asked about at a time: what is sent while the tailer is away must not pile up here."""

Find = Callable[[bytes], KnownCaller | None]
"""Returns the caller of the key of this hash; None if it does not work. Waits for PostgreSQL."""


class KeyUnsure(Exception):
    """The store's word on the caller's key is too old."""


class KeysUnavailable(Exception):
    """PostgreSQL cannot be asked about a key."""


class KeyVerifier:
    """Asks about keys, each once at a time."""

    def __init__(self, find: Find, *, monotonic: Callable[[], int], seconds: float = 2) -> None:
        """Wait `seconds` for an answer."""
        self._find, self._monotonic, self._seconds = find, monotonic, seconds
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="keys")
        self._found: dict[bytes, tuple[int, KnownCaller | None]] = {}
        self._asking: dict[bytes, asyncio.Future[KnownCaller | None]] = {}

    async def verify(self, key_hash: bytes) -> tuple[int, KnownCaller | None]:
        """Return the key's caller, and since when that is known: from before the question was sent.

        :raises KeysUnavailable: if nothing comes in time, or too many keys are asked about.
        """
        known = self._found.get(key_hash)
        if known is not None and self._monotonic() - known[0] <= KEYS_BOUND:
            return known
        started, loop = self._monotonic(), asyncio.get_running_loop()
        call = self._asking.get(key_hash)
        if call is None and len(self._asking) >= MOST_ASKING:
            raise KeysUnavailable
        if call is None:
            call = self._asking[key_hash] = loop.run_in_executor(self._pool, self._find, key_hash)
            call.add_done_callback(lambda done: self._keep(key_hash, started, done))
        try:
            caller = await asyncio.wait_for(asyncio.shield(call), self._seconds)
        except Exception as error:  # whatever it is, nothing is known of the key
            raise KeysUnavailable from error
        return self._found.get(key_hash, (started, caller))

    def close(self) -> None:
        """Ask no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _keep(self, key_hash: bytes, started: int, call: "asyncio.Future[KnownCaller | None]") -> None:
        self._asking.pop(key_hash, None)
        if not call.cancelled() and call.exception() is None:
            if len(self._found) >= MOST_KEYS:
                self._found.clear()
            self._found[key_hash] = (started, call.result())
