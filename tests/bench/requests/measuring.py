"""`requests`: what a large retailer's volume of data subject requests asks of this service, part by part."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec

from tests.bench.report import Figure

_PARTS = ("draining", "queue", "packages")
PARTS: dict[str, Callable[[], Sequence[Figure]]] = {
    name: import_module(f"tests.bench.requests.{name}").measure
    for name in _PARTS
    if find_spec(f"tests.bench.requests.{name}")
}


def measure() -> Sequence[Figure]:
    """Return the figures of each part, in their order."""
    return [figure for part in PARTS.values() for figure in part()]
