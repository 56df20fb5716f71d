"""What a stream counts, and how Prometheus is told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from activation.enforcement.streaming.types import StreamStatus, StreamTerms

NAMES = ("purpose", "destination", "input", "group")


@dataclass(slots=True)
class Figures:
    """What is told of a stream. Written by its loop alone; others read it at any time."""

    status: StreamStatus = StreamStatus.STARTING
    waiting_for: str = ""
    error: str = ""
    lag: int | None = None
    partitions: int = 0
    allowed: int = 0
    denied_by_reason: Counter[str] = field(default_factory=Counter)
    """Committed events; those of a transaction that did not come about are in no count."""
    committed: int = 0
    aborted: int = 0
    asked_elsewhere: int = 0
    policy_version: int = 0
    watermark: int = 0
    store_age: float | None = None

    @property
    def denied(self) -> int:
        """How many events were denied."""
        return sum(self.denied_by_reason.values())


class StreamCollector(Collector):
    """Tells of one stream's process at `/metrics`."""

    def __init__(self, terms: StreamTerms, figures: Figures) -> None:
        self._figures = figures
        self._labels = (terms.purpose, terms.destination, terms.input, terms.group)

    def collect(self) -> Iterator[Metric]:
        """Yield each family. What is not known is told as no number."""
        figures = self._figures
        lag = float("nan") if figures.lag is None else float(figures.lag)
        age = float("nan") if figures.store_age is None else figures.store_age
        for name, text, value in (
            ("lag_events", "Offsets of our partitions that are not committed yet.", lag),
            ("partitions", "Partitions that are read by this process.", float(figures.partitions)),
            (
                "waiting",
                "1 while nothing is read on: the row in the admin says for what.",
                float(figures.status is StreamStatus.WAITING),
            ),
            ("store_age_seconds", "For how long the decision store may lack what happened.", age),
        ):
            gauge = GaugeMetricFamily(f"accordant_stream_{name}", text, labels=NAMES)
            gauge.add_metric(self._labels, value)
            yield gauge
        yield from self._counters()

    def _counters(self) -> Iterator[Metric]:
        figures = self._figures
        events = CounterMetricFamily(
            "accordant_stream_events", "Events committed, by reason.", labels=(*NAMES, "effect", "reason")
        )
        events.add_metric((*self._labels, "allow", ""), figures.allowed)
        for reason, number in list(figures.denied_by_reason.items()):
            events.add_metric((*self._labels, "deny", reason), number)
        yield events
        ends = CounterMetricFamily(
            "accordant_stream_transactions", "Transactions, by how they ended.", labels=(*NAMES, "end")
        )
        ends.add_metric((*self._labels, "committed"), figures.committed)
        ends.add_metric((*self._labels, "aborted"), figures.aborted)
        yield ends
        asked = CounterMetricFamily(
            "accordant_stream_asked_of_postgresql",
            "People whom the decision store could not settle.",
            labels=NAMES,
        )
        asked.add_metric(self._labels, figures.asked_elsewhere)
        yield asked
