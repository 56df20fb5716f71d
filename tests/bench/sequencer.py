"""A real sequencer beside a measurement."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from config.launch.arguments import ROOT
from consent.ledger.queries import count_pending, get_checkpoint, get_size

POLL = 0.005


@contextmanager
def sequencer_beside() -> Iterator[None]:
    """Run `manage.py run_sequencer` on Django's present database, for the length of the block."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_sequencer"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_lock()
        yield
    finally:
        process.terminate()
        process.wait()


def wait_until_signed() -> None:
    """Wait until every event that is committed is under a checkpoint."""
    while count_pending() or (checkpoint := get_checkpoint()) is None or checkpoint.size < get_size():
        time.sleep(POLL)


def _wait_for_lock() -> None:
    with connection.cursor() as cursor:
        held = 0
        while not held:
            time.sleep(POLL)
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            [held] = cursor.fetchone()
