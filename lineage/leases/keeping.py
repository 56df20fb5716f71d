"""Keeping a lease while what was claimed is being worked on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

from django.db import Error as DatabaseFault
from django.db import connections

from lineage.leases import claiming
from lineage.leases.rows import Leased


@contextmanager
def keep_leased(row: Leased, *, lease: timedelta, longest: timedelta) -> Iterator[None]:
    """Keep `row` with this worker while the context lasts, from a thread with its own connection.

    Not for longer than `longest`: work that takes longer hangs, and another worker may have the row then. A
    database that is away for a moment is asked again; whether the row is still ours, it says then.
    """
    is_over = Event()
    thread = Thread(target=_keep, args=(row, lease, longest, is_over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _keep(row: Leased, lease: timedelta, longest: timedelta, is_over: Event) -> None:
    ends_at = monotonic() + longest.total_seconds()
    try:
        while not is_over.wait(lease.total_seconds() / 3) and monotonic() < ends_at:
            if not _still_ours(row, lease):
                return
    finally:
        connections.close_all()


def _still_ours(row: Leased, lease: timedelta) -> bool:
    try:
        return claiming.keep(row, lease=lease)
    except DatabaseFault:
        connections.close_all()
        return True  # nobody knows: it is asked again
