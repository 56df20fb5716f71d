"""What a stream counts, and how Prometheus is told."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from activation.enforcement.streaming.tally import Ground, Tally
from activation.enforcement.streaming.types import StreamStatus, StreamTerms

NAMES = ("purpose", "destination", "input", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What was committed since the process began, up to a moment; the rules are the last ones."""

    allowed: int = 0
    denied: Mapping[str, int] = field(default_factory=dict)
    grounds: Mapping[Ground, int] = field(default_factory=dict)
    policy_version: int = 0
    policy_digest: str = ""
    watermark: int = 0

    @property
    def events(self) -> int:
        """How many events that are."""
        return self.allowed + sum(self.denied.values())


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
    policy_digest: str = ""
    watermark: int = 0
    grounds: Counter[Ground] = field(default_factory=Counter)
    """How many events were allowed, by what."""
    store_age: float | None = None
    _whole: Lock = field(default_factory=Lock, repr=False)
    _ended: list[Stretch] = field(default_factory=list, repr=False)
    """Stretches by other rules than those of now, which nobody has taken yet."""

    def count(self, tally: Tally) -> None:
        """Count what a transaction held that was committed."""
        with self._whole:
            digest = tally.rules[0].digest
            if self.policy_digest not in {"", digest}:
                self._ended.append(self._stretch())
            self.allowed += tally.allowed
            self.denied_by_reason.update(tally.denied)
            self.grounds.update(tally.grounds)
            self.policy_digest = digest
            self.policy_version, self.watermark = tally.policy_version, tally.watermark
            self.committed += 1

    def take(self) -> list[Stretch]:
        """Return the stretches by earlier rules that were not taken yet, and the one that lasts."""
        with self._whole:
            ended, self._ended = self._ended, []
            return [*ended, self._stretch()]

    def _stretch(self) -> Stretch:
        return Stretch(
            allowed=self.allowed,
            denied=dict(self.denied_by_reason),
            grounds=dict(self.grounds),
            policy_version=self.policy_version,
            policy_digest=self.policy_digest,
            watermark=self.watermark,
        )

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
