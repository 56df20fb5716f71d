"""Many choices that end at one midnight, while others withdraw: what the withdrawals take, with and without.

`ACCORDANT_BENCH_EXPIRING` says how many: 1000000 is what we aim at.
"""

import os
import time
from collections.abc import Sequence
from datetime import datetime

from activation.enforcement.suppression.models import Suppression
from consent.ledger.queries import get_time
from tests.bench.database import fresh_database
from tests.bench.realtime_latency import WARM, clocks, wait_until_done, warm_up, withdraw_steadily
from tests.bench.realtime_recipient import recipient
from tests.bench.realtime_shop import open_shop, staff, win
from tests.bench.report import Figure

EXPIRING = int(os.environ.get("ACCORDANT_BENCH_EXPIRING", "20000"))
RATE, SECONDS = 20, 20
PATIENCE = 3600.0


def measure() -> Sequence[Figure]:
    """Return p99 of withdrawals beside the sweep, as a ratio to that without, and the sweep's rate."""
    quiet, _, _ = _withdrawals_beside(0)
    beside, swept, seconds = _withdrawals_beside(EXPIRING)
    return [
        Figure(f"withdrawals at {RATE}/s without a sweep, recorded to acknowledged, p99", quiet * 1000, "ms"),
        Figure(
            f"withdrawals at {RATE}/s beside {EXPIRING:,} that end at one midnight, p99",
            beside * 1000,
            "ms",
            "those without a sweep",
            beside / quiet,
        ),
        Figure(
            f"{EXPIRING:,} that ended at one midnight, decided and delivered", swept / seconds, "people/s"
        ),
        Figure("from midnight to the last of them acknowledged", seconds, "s"),
    ]


def _withdrawals_beside(expiring: int) -> tuple[float, int, float]:
    """Return p99 of withdrawals, how many of those that ended were taken out, and in how many seconds."""
    with fresh_database(), recipient() as url:
        open_shop(url)
        if expiring:
            win(range(expiring), until=_last_midnight())
        others = range(expiring, expiring + WARM + RATE * SECONDS)
        win(others)
        with staff():
            began = time.monotonic()
            since = warm_up(others[:WARM])
            withdraw_steadily(others[WARM:], rate=RATE)
            wait_until_done(RATE * SECONDS, since=since)
            while (ended := _count_expired()) < expiring and time.monotonic() < began + PATIENCE:
                time.sleep(1)
            seconds = time.monotonic() - began
        _, _, (_, late) = clocks(since=since)
        return late, ended, seconds


def _last_midnight() -> datetime:
    """Return a midnight that nobody has looked at since: all that ended at it is due when the staff comes."""
    return get_time().replace(hour=0, minute=0, second=0, microsecond=0)


def _count_expired() -> int:
    return Suppression.objects.filter(cause="expiry", state="acknowledged").count()
