"""Keeping a parcel's lease while its destination is waited for."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

from django.db import Error as DatabaseFault
from django.db import connection

from activation.enforcement.suppression.models import Parcel
from lineage.leases import claiming

LEASE = timedelta(seconds=60)
"""How long a parcel stays with a worker that died."""
_LONGEST = timedelta(minutes=15).total_seconds()


@contextmanager
def keep_leased(parcel: Parcel, *, lease: timedelta = LEASE) -> Iterator[None]:
    """Keep the parcel with this worker while the context lasts, from a thread with its own connection.

    Not for longer than a quarter of an hour: a call that takes longer hangs.
    """
    is_over = Event()
    thread = Thread(target=_keep, args=(parcel, lease, is_over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _keep(parcel: Parcel, lease: timedelta, is_over: Event) -> None:
    ends_at = monotonic() + _LONGEST
    try:
        with suppress(DatabaseFault):
            while not is_over.wait(lease.total_seconds() / 3) and monotonic() < ends_at:
                if not claiming.keep(parcel, lease=lease):
                    return
    finally:
        connection.close()
