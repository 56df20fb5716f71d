"""How long a write waits for the signature over it, under a steady load."""

import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from consent.ledger.models import Leaf
from tests.bench.database import fresh_database
from tests.bench.ledger_writers import APPEND, prepare_subjects
from tests.bench.pgbench import run_script
from tests.bench.report import Figure
from tests.bench.sequencer import sequencer_beside, wait_until_signed

RATES = (200, 800)
SECONDS = 10
CLIENTS = 8
LOOK_EVERY = 0.002
"""Seconds; by so much a figure may be too long."""
_NEWEST = "SELECT max(size), clock_timestamp() FROM consent_ledger_checkpoint"


def measure_latency() -> Iterator[Figure]:
    """Yield the median and the 99th percentile from a write's own time to the checkpoint over it.

    The time is taken in the write's transaction, just before it commits; both clocks are the database's.
    """
    for rate in RATES:
        latencies, reached = _measure_at(rate)
        for percent in (50, 99):
            value = latencies[min(len(latencies) * percent // 100, len(latencies) - 1)] * 1000
            yield Figure(f"write to checkpoint at {reached:,.0f} writes/s, p{percent}", value, "ms")


def _measure_at(rate: int) -> tuple[list[float], float]:
    stopped, seen = threading.Event(), list[tuple[int, datetime]]()
    with fresh_database():
        prepare_subjects()
        with sequencer_beside():
            parameters = connection.get_connection_params()
            watcher = threading.Thread(target=_watch, args=(parameters, stopped, seen))
            watcher.start()
            try:
                reached = run_script(APPEND, clients=CLIENTS, seconds=SECONDS, rate=rate)
                wait_until_signed()
                time.sleep(10 * LOOK_EVERY)  # for the watcher's last look
            finally:
                stopped.set()
                watcher.join()
        recorded = list(Leaf.objects.order_by("index").values_list("recorded_at", flat=True))
    sizes = [size for size, _ in seen]
    waits = [seen[bisect_right(sizes, place)][1] - moment for place, moment in enumerate(recorded)]
    return sorted(wait.total_seconds() for wait in waits), reached


def _watch(parameters: dict[str, Any], stopped: threading.Event, seen: list[tuple[int, datetime]]) -> None:
    """Note when each checkpoint can first be seen."""
    where = {
        key: parameters[key] for key in ("host", "port", "user", "password", "dbname") if key in parameters
    }
    with psycopg.connect(**where, autocommit=True) as session:
        while not stopped.wait(LOOK_EVERY):
            row = session.execute(_NEWEST).fetchone()
            if row and row[0] is not None and (not seen or row[0] > seen[-1][0]):
                seen.append((row[0], row[1]))
