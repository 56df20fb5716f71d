"""The home page: every panel, as an officer who may see all of it opens it."""

import statistics
import time
from collections.abc import Iterator, Mapping

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

ROUNDS = 9
PAGES = {
    "home": "/admin/",
    "home, a year, runs of a week": "/admin/?period=365&runs=week",
    "home, one purpose, one residence": "/admin/?period=90&purpose=purpose.1&jurisdiction=DE",
}


def measure_pages() -> Mapping[str, float]:
    """Return the median seconds of each page, with nothing kept between two, by its name and statements."""
    officer, _ = User.objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(officer)
    return dict(_measure(client))


def _measure(client: Client) -> Iterator[tuple[str, float]]:
    for name, address in PAGES.items():
        client.get(address)  # what Python and Django load but once
        seconds = statistics.median(_time(client, address) for _ in range(ROUNDS))
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        yield f"{name} ({len(seen)} statements)", seconds


def _time(client: Client, address: str) -> float:
    cache.clear()
    start = time.perf_counter()
    answer = client.get(address)
    taken = time.perf_counter() - start
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    return taken
