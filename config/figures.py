"""What monitoring is told of lineage: what waits for each transport, and which of them fail."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lineage.outbox.queries import list_transports
from lineage.outbox.types import TransportFigures

_FIGURES = {
    "pending": "Lineage events that wait to be sent to the transport.",
    "parked": "Lineage events that the transport refuses, and that somebody has to look at.",
    "oldest_wait_seconds": "For how long the oldest of them waits.",
    "failing": "1 while the transport does not take what it is sent.",
}


class LineageFigures(Collector):
    """Reads the figures from the database when it is asked."""

    def collect(self) -> Iterator[Metric]:
        """Yield each family, by transport."""
        transports = list_transports()
        for name, text in _FIGURES.items():
            family = GaugeMetricFamily(f"accordant_lineage_{name}", text, labels=["transport"])
            for one in transports:
                family.add_metric([one.transport], _figure(one, name))
            yield family


def _figure(one: TransportFigures, name: str) -> float:
    if name == "oldest_wait_seconds":
        return one.oldest_wait.total_seconds() if one.oldest_wait else 0.0
    if name == "failing":
        return float(one.failing_since is not None)
    return float(getattr(one, name))
