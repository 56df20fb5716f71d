"""Server time and statements of pages that keep what they need for some minutes."""

import statistics
import time
from collections.abc import Iterator, Mapping

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench.report import Figure

ROUNDS = 9


def measure_pages(
    client: Client, pages: Mapping[str, str], *, floor: str, seconds: float
) -> Iterator[Figure]:
    """Yield the median time of each page with its number of queries, beside a floor of so many seconds."""
    for name, page in pages.items():
        taken = time_page(client, page)
        with CaptureQueriesContext(connection) as seen:
            client.get(page)
        yield Figure(f"{name} ({len(seen)} queries)", taken * 1e3, "ms", floor, taken / seconds)


def time_page(client: Client, page: str) -> float:
    """Return the median time of a page in seconds, once what is kept is kept."""
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        answer = client.get(page)
        times.append(time.perf_counter() - start)
        assert answer.status_code == 200, (page, answer.status_code)
    return statistics.median(times[1:])
