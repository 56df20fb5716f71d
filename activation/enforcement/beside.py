"""A thread beside a long reading, with a database connection of its own.

Whoever decides many rows reads from one read-only snapshot. What this thread writes meanwhile is seen at
once. Locks it takes are its connection's: PostgreSQL frees them however the process dies, and that is how
what a dead process left is told from what a living one does.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connections

from activation.enforcement.locks import try_lock

_Result = TypeVar("_Result")


class Watch:
    """Does what it is told on its own connection, one thing after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watch")

    def do(self, work: Callable[[], _Result]) -> _Result:
        """Return what `work` returns, or raise what it raises."""
        return self._thread.submit(work).result()

    def end(self) -> None:
        """Close the connection, which frees its locks."""
        self.do(connections.close_all)
        self._thread.shutdown()


@contextmanager
def watch_over(name: str) -> Iterator[Watch | None]:
    """Give a watch that holds the lock `name` while the context lasts; None if another session holds it."""
    watch = Watch()
    try:
        yield watch if watch.do(lambda: try_lock(name)) else None
    finally:
        watch.end()
