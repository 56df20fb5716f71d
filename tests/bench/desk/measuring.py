"""Server time and statements of the officers' pages, beside the same with nothing in the house.

Each page is a part: `ACCORDANT_BENCH_PARTS=home` measures that alone.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.test.utils import override_settings

from tests.bench.database import fresh_database
from tests.bench.desk import home
from tests.bench.desk.filling import House, fill, measure_house
from tests.bench.report import Figure

Part = Callable[[], Mapping[str, float]]
PARTS: Mapping[str, Part] = {"home": home.measure_pages}
"""By name: what measures it, once in an empty house and once in a full one, in seconds by page."""


def measure() -> Sequence[Figure]:
    """Return the median server time of each page, with how many statements it runs."""
    wanted = os.environ.get("ACCORDANT_BENCH_PARTS", ",".join(PARTS)).split(",")
    house = measure_house()
    with fresh_database(), override_settings(ALLOWED_HOSTS=["testserver"]):
        empty = {name: PARTS[name]() for name in wanted}
        fill(house)
        full = {name: PARTS[name]() for name in wanted}
        return list(_compare(house, empty, full))


def _compare(
    house: House, empty: Mapping[str, Mapping[str, float]], full: Mapping[str, Mapping[str, float]]
) -> Iterator[Figure]:
    yield Figure("people", house.subjects, "")
    yield Figure("events", house.events, "")
    for part, pages in full.items():
        for page, seconds in pages.items():
            floor = empty[part].get(page)
            ratio = seconds / floor if floor else None
            yield Figure(page, seconds * 1e3, "ms", "the same in an empty house", ratio)
