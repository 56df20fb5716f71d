"""Server time and statements of the officers' home page, beside the same with nothing in the house."""

from collections.abc import Iterator, Mapping, Sequence

from django.test.utils import override_settings

from tests.bench.database import fresh_database
from tests.bench.desk import home
from tests.bench.desk.filling import House, fill, measure_house
from tests.bench.report import Figure


def measure() -> Sequence[Figure]:
    """Return the median server time of each page, with how many statements it runs."""
    house = measure_house()
    with fresh_database(), override_settings(ALLOWED_HOSTS=["testserver"], UNMARKED_SESSIONS_ALLOWED=True):
        empty = home.measure_pages()
        fill(house)
        return list(_compare(house, empty, home.measure_pages()))


def _compare(house: House, empty: Mapping[str, float], full: Mapping[str, float]) -> Iterator[Figure]:
    yield Figure("people", house.subjects, "")
    yield Figure("events", house.events, "")
    for page, seconds in full.items():
        floor = empty.get(page)
        yield Figure(
            page, seconds * 1e3, "ms", "the same in an empty house", seconds / floor if floor else None
        )
