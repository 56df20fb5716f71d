"""What the application tells at `/metrics`: how fresh its store is, and what it could not answer from it.

The numbers are those of the worker that is asked.
"""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from activation.checks.answering.decision_log import DecisionLog
from activation.checks.answering.reference import Reference
from activation.snapshots.freshness import SECOND
from activation.snapshots.local import LocalStore


class Figures(Collector):
    """Tells of one application's parts."""

    def __init__(
        self, *, store: LocalStore, reference: Reference, log: DecisionLog, monotonic: Callable[[], int]
    ) -> None:
        self._store, self._reference, self._log, self._monotonic = store, reference, log, monotonic

    def collect(self) -> Iterator[Metric]:
        """Yield each family. A store that is not there has no age."""
        now = self._monotonic()
        self._store.look(now)
        age = self._store.age(now)
        text = "For how long the decision store may lack what happened."
        seconds = float("nan") if age is None else age / SECOND
        yield GaugeMetricFamily("accordant_check_store_age_seconds", text, value=seconds)
        text = "Size of the ledger that answers rest on."
        yield GaugeMetricFamily("accordant_check_store_watermark", text, value=int(self._store.watermark))
        for name, told, number in self._counters():
            yield CounterMetricFamily(f"accordant_check_{name}", told, value=number)

    def _counters(self) -> Iterator[tuple[str, str, int]]:
        reference, log = self._reference, self._log
        yield "reference_asked", "Requests left to the views, which ask PostgreSQL.", reference.asked
        yield "reference_refused", "Requests denied because too many waited for the views.", reference.refused
        yield (
            "reference_failed",
            "Requests denied because the views failed or took too long.",
            reference.failed,
        )
        yield "decision_log_written", "Entries of the decision log that were written.", log.written
        yield "decision_log_dropped", "Entries of the decision log that were left out.", log.dropped
