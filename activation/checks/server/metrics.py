"""What the check server counts: plain integers of each worker, and their sums as Prometheus text."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from activation.checks.server.shared_numbers import (
    DURATIONS,
    OTHER_STATUS,
    STATUS_PLACE,
    STATUSES,
    TOTALS,
    SharedNumbers,
)

MEDIA_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_SHOWN: Final = range(10, 36)  # 2^10 ns is a microsecond, 2^35 ns half a minute


_Count = Callable[[int, bytes, int, int], None]


class Metrics(Collector):
    """What one worker counts. A worker that takes a dead one's place goes on from its numbers."""

    def __init__(
        self, shared: SharedNumbers, *, worker: int = 0, collectors: Sequence[Collector] = ()
    ) -> None:
        """Count as `worker`; show what `collectors` of the application tell as well."""
        self.numbers = shared.read(worker)
        self.places = shared.places
        self._shared, self._worker = shared, worker
        self._durations = len(self.numbers) - DURATIONS - len(TOTALS)
        self._totals = len(self.numbers) - len(TOTALS)
        self.count: _Count = _counter(self.numbers, self._durations, self._totals)
        """Counts one answered request: its place, answer, duration in nanoseconds and length."""
        self._set("closed", self._get("opened"))  # a dead worker's connections are closed
        self._registry = CollectorRegistry(auto_describe=False)
        for collector in (self, *collectors):
            self._registry.register(collector)

    def count_refusal(self, status: int) -> None:
        """Count one request that the application never saw."""
        self.numbers[STATUS_PLACE[b"%d" % status]] += 1

    def add(self, total: str) -> None:
        """Count one `opened` or `closed` connection, or one failure of the application."""
        self._set(total, self._get(total) + 1)

    def publish(self) -> None:
        """Let the other workers see this one's numbers."""
        self._shared.write(self._worker, self.numbers)

    def render(self) -> bytes:
        """Return all workers' numbers in Prometheus' text format."""
        self.publish()
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield each family, summed over the workers."""
        sums = self._shared.sums()
        yield self._requests(sums)
        yield self._histogram(sums)
        totals = dict(zip(TOTALS, sums[self._totals :], strict=True))
        for name, text in _TOTAL_FAMILIES.items():
            yield CounterMetricFamily(f"accordant_check_{name}", text, value=totals[_SOURCE[name]])
        text = "Open connections of clients."
        is_open = max(0, totals["opened"] - totals["closed"])
        yield GaugeMetricFamily("accordant_check_connections", text, value=is_open)

    def _requests(self, sums: list[int]) -> Metric:
        text = "Requests answered, by path and status."
        family = CounterMetricFamily("accordant_check_requests", text, labels=("path", "status"))
        for place, number in enumerate(sums[: self._durations]):
            if number:
                path, status = divmod(place, len(STATUSES))
                family.add_metric((self._shared.labels[path], STATUSES[status].decode()), number)
        return family

    def _histogram(self, sums: list[int]) -> Metric:
        text = "From a whole request to its answer, without the network."
        family = HistogramMetricFamily("accordant_check_duration_seconds", text)
        counts = sums[self._durations : self._totals]
        buckets = [(str(2**bits / 1e9), sum(counts[: bits + 1])) for bits in _SHOWN]
        buckets.append(("+Inf", sum(counts)))
        family.add_metric((), buckets, sum_value=sums[self._totals] / 1e9)
        return family

    def _get(self, total: str) -> int:
        return self.numbers[self._totals + TOTALS.index(total)]

    def _set(self, total: str, number: int) -> None:
        self.numbers[self._totals + TOTALS.index(total)] = number


_SOURCE: Final = {
    "received_bytes": "received",
    "sent_bytes": "sent",
    "connections_opened": "opened",
    "failures": "failures",
}
_TOTAL_FAMILIES: Final = {
    "received_bytes": "Bytes of answered requests.",
    "sent_bytes": "Bytes of answers.",
    "connections_opened": "Connections that clients opened.",
    "failures": "Requests on which the service itself failed.",
}


def _counter(numbers: list[int], durations: int, totals: int) -> _Count:
    """Return the function that counts: a closure, because every answer waits for it."""

    def count(place: int, answer: bytes, duration: int, received: int) -> None:
        numbers[place + STATUS_PLACE.get(answer[9:12], OTHER_STATUS)] += 1
        numbers[durations + duration.bit_length()] += 1
        numbers[totals] += duration  # in the order of TOTALS
        numbers[totals + 1] += received
        numbers[totals + 2] += len(answer)

    return count
