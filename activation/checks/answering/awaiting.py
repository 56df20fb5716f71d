"""Waiting for a write that a caller names: the store has it in a moment, or PostgreSQL is asked."""

import asyncio
from collections.abc import Callable

LOOKED_EVERY = 0.005
"""Seconds between two looks at the store."""
LOOKS = 40
"""Together 0.2 s: far more than the store lies behind while all is well."""
MOST_WAITING = 1_000
"""Questions that wait at a time; for more, PostgreSQL is asked at once, which bounds them in its own way."""


class WriteAwaited(Exception):
    """The store lacks the write that the caller names, and nothing else stands against an answer."""


class WriteWaiter:
    """Lets questions wait until the store has what they name."""

    def __init__(self) -> None:
        self._waiting = 0

    async def wait(self, answer: Callable[[], bytes | None]) -> bytes | None:
        """Return what `answer` does, once it no longer raises `WriteAwaited`; None if that takes too long."""
        if self._waiting >= MOST_WAITING:
            return None
        self._waiting += 1
        try:
            for _ in range(LOOKS):
                await asyncio.sleep(LOOKED_EVERY)
                try:
                    return answer()
                except WriteAwaited:
                    continue
            return None
        finally:
            self._waiting -= 1
