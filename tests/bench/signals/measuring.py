"""`./dev bench signals`: each format beside its peers, in one run and on the same strings."""

from collections.abc import Callable, Sequence

from tests.bench.report import Figure
from tests.bench.signals import gpp, tcf

FORMATS: Sequence[Callable[[], Sequence[Figure]]] = (tcf.measure, gpp.measure)


def measure() -> Sequence[Figure]:
    """Return the figures of every format."""
    return [figure for measure_format in FORMATS for figure in measure_format()]
