"""One writer per output, and a way to tell a dead run from a live one.

A run holds a session-level advisory lock on its output's path as long as it lives. PostgreSQL frees it when
the connection ends, however the process died. It needs a connection of its own session: behind a pooler,
session pooling.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error as DatabaseFault
from django.db import connection

from consent.kernel.errors import AccordantError

_DOMAIN = b"accordant/enforcement-output/1\n"


class OutputBusy(AccordantError):
    """Another run is writing to the same output now."""

    code = "output_busy"
    status = 409


@contextmanager
def hold_output(output: str) -> Iterator[None]:
    """Hold the lock on the path `output`.

    :raises OutputBusy: if another session holds it.
    """
    if not try_lock(output):
        raise OutputBusy("another run is writing to this output: wait for it, or choose another name")
    try:
        yield
    finally:
        unlock(output)


def try_lock(output: str) -> bool:
    """Take the lock if it is free or this session's own, and return whether it was taken. It counts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(output)])
        return bool(cursor.fetchone()[0])


def unlock(output: str) -> None:
    """Give back one taking of the lock. A connection that is gone has given it back already."""
    with suppress(DatabaseFault), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_key(output)])


def lock_key(output: str) -> int:
    """Return the advisory lock's key for a path."""
    digest = hashlib.sha256(_DOMAIN + output.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
