"""`lineage`: what telling of a run costs it, and how fast what is told gets out."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec

from tests.bench import lineage_emission
from tests.bench.report import Figure

PARTS: dict[str, Callable[[], Sequence[Figure]]] = {"emission": lineage_emission.measure}
if find_spec("tests.bench.lineage_graph"):
    PARTS["graph"] = import_module("tests.bench.lineage_graph").measure


def measure() -> Sequence[Figure]:
    """Return the figures of each part, in their order."""
    return [figure for part in PARTS.values() for figure in part()]
