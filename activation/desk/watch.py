"""A thread beside a simulation: it holds the run's lock, and says how far the run is.

A simulation reads from one read-only snapshot, and a thread has a database connection of its own. So what
the thread writes is seen at once. The lock is the connection's: PostgreSQL frees it however the process
dies, and that is how a dead run is told from a live one.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.db import Error as DatabaseFault
from django.db import connection

from activation.enforcement.beside import Watch

__all__ = ["Watch", "keep_watch", "lock_key", "try_lock", "unlock"]

_DOMAIN = b"accordant/simulation/1\n"


@contextmanager
def keep_watch(run_id: UUID) -> Iterator[Watch | None]:
    """Give a watch that holds the run's lock while the context lasts; None if another process holds it."""
    watch = Watch()
    try:
        yield watch if watch.do(lambda: try_lock(run_id)) else None
    finally:
        watch.end()


def try_lock(run_id: UUID) -> bool:
    """Take the run's lock for this connection if it is free, and return whether it was taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(run_id)])
        return bool(cursor.fetchone()[0])


def unlock(run_id: UUID) -> None:
    """Give the lock back. A connection that is gone has given it back already."""
    with suppress(DatabaseFault), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_key(run_id)])


def lock_key(run_id: UUID) -> int:
    """Return the advisory lock's key for a run."""
    return int.from_bytes(hashlib.sha256(_DOMAIN + run_id.bytes).digest()[:8], "big", signed=True)
