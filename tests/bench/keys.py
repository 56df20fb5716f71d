"""Data keys: made, read, and rewrapped by a rotation."""

import statistics
import time
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import connections
from django.test import override_settings

from consent.keys import queries, services
from consent.keys.types import DATABASE
from tests.bench.database import fresh_database
from tests.bench.report import Figure

BATCH = 1_000
ROUNDS = 15


def measure() -> Sequence[Figure]:
    """Return the median milliseconds for a thousand keys made and read, and keys/s of a rotation."""
    with fresh_database():
        services.ensure_keys(["warm"])
        made = _median(lambda number: services.ensure_keys(_refs(number)))
        bare_insert = _median(_insert)
        read = _median(lambda number: queries.get_keys(_refs(number)))
        bare_select = _median(_select)
        return [
            Figure("1,000 data keys made", made, "ms", "the bare INSERT", made / bare_insert),
            Figure("1,000 data keys read", read, "ms", "the bare SELECT", read / bare_select),
            _measure_rotation(),
        ]


def _measure_rotation() -> Figure:
    with override_settings(MASTER_KEYS={**settings.MASTER_KEYS, 1000: bytes(range(32))}):
        started = time.perf_counter()
        rotated = services.rotate_keys().rotated
        return Figure("rotation", rotated / (time.perf_counter() - started), "keys/s")


def _refs(number: int) -> list[str]:
    return [f"sub_{number:03}_{one:06}" for one in range(BATCH)]


def _insert(number: int) -> None:
    with connections[DATABASE].cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_floor (LIKE consent_keys_datakey INCLUDING ALL)")
        cursor.execute(
            "INSERT INTO bench_floor (subject_ref, kek_version, wrapped)"
            " SELECT unnest(%s::varchar[]), 1, unnest(%s::bytea[])",
            [_refs(number), [b"\x00" * 60] * BATCH],
        )


def _select(number: int) -> None:
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(
            "SELECT subject_ref, wrapped FROM bench_floor WHERE subject_ref = ANY(%s)", [_refs(number)]
        )
        cursor.fetchall()


def _median(work: Callable[[int], object]) -> float:
    times = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        work(number)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)
