"""How long a withdrawal takes: from its record to the suppression, and to the destination's acknowledgement.

All moments are the database's. `ACCORDANT_BENCH_SECONDS` says for how long there are withdrawals.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection, connections

from activation.enforcement.suppression.models import Suppression
from consent.ledger.queries import get_time
from tests.bench.database import fresh_database
from tests.bench.realtime_recipient import recipient
from tests.bench.realtime_shop import open_shop, staff, win, withdraw
from tests.bench.report import Figure

RATE = 100
SECONDS = int(os.environ.get("ACCORDANT_BENCH_SECONDS", "20"))
WRITERS = 4
WARM = 30
PATIENCE = 300.0
_CLOCKS = """
    SELECT count(*),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY enforced),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY acknowledged)
    FROM (
        SELECT extract(epoch FROM enforced_at - recorded_at) AS enforced,
            extract(epoch FROM ended_at - recorded_at) AS acknowledged
        FROM activation_enforcement_suppression
        WHERE cause = 'withdrawal' AND state = 'acknowledged' AND recorded_at > %s
    ) AS done
"""


def measure() -> Sequence[Figure]:
    """Return the median and 99th percentile of both, at a healthy destination of this machine's."""
    with fresh_database(), recipient() as url:
        open_shop(url)
        win(range(WARM + RATE * SECONDS))
        with staff():
            began = warm_up(range(WARM))
            reached = withdraw_steadily(range(WARM, WARM + RATE * SECONDS), rate=RATE)
            wait_until_done(RATE * SECONDS, since=began)
        return list(show(reached, since=began))


def warm_up(numbers: range) -> datetime:
    """Let these withdraw, so that each process has loaded what it needs; return the moment after that."""
    began = get_time()
    for number in numbers:
        withdraw([number])
        time.sleep(0.05)
    wait_until_done(len(numbers), since=began)
    return get_time()


def show(reached: float, *, since: datetime) -> Iterator[Figure]:
    """Yield the clocks of the withdrawals that are done."""
    done, enforced, acknowledged = clocks(since=since)
    told = f"{done} suppressions"
    for title, (median, late) in (("enforced", enforced), ("acknowledged", acknowledged)):
        what = f"withdrawal recorded to {title}, {reached:.0f}/s"
        aim = "; aim: 2 s" if title == "acknowledged" else ""
        yield Figure(f"{what}, p50", median * 1000, "ms", told)
        yield Figure(f"{what}, p99", late * 1000, "ms", told + aim)


def clocks(*, since: datetime) -> tuple[int, tuple[float, float], tuple[float, float]]:
    """Return how many withdrawals since then are done, and p50 and p99 until enforced and acknowledged."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS, [since])
        done, enforced, acknowledged = cursor.fetchone()
    return done, tuple(map(float, enforced)), tuple(map(float, acknowledged))  # type: ignore[return-value]


def withdraw_steadily(numbers: Sequence[int], *, rate: float) -> float:
    """Let these customers withdraw, each alone, at a steady rate; return the rate that was reached."""
    began = time.monotonic() + 0.5

    def write(first: int) -> None:
        for place in range(first, len(numbers), WRITERS):
            time.sleep(max(0.0, began + place / rate - time.monotonic()))
            withdraw([numbers[place]])
        connections.close_all()

    threads = [threading.Thread(target=write, args=(first,)) for first in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(numbers) / (time.monotonic() - began)


def wait_until_done(count: int, *, since: datetime) -> None:
    """Wait until so many people who withdrew since then are acknowledged."""
    deadline = time.monotonic() + PATIENCE
    done = Suppression.objects.filter(cause="withdrawal", state="acknowledged", recorded_at__gt=since)
    while done.values("subject_ref").distinct().count() < count and time.monotonic() < deadline:
        time.sleep(0.2)
