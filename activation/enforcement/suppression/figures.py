"""What monitoring is told of withdrawals: what waits at each destination, and how long the last hour took."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from activation.enforcement.suppression.clocks import Clocks, list_clocks
from activation.enforcement.suppression.finding.queries import count_undecided, get_following

_COUNTS = {
    "waiting": "Suppressions that wait to be acknowledged.",
    "overdue": "Suppressions that wait, or are parked, for longer than they may.",
    "parked": "Suppressions that the destination refuses, and that somebody has to look at.",
}
_STEPS = ("recorded_to_enforced", "enforced_to_acknowledged", "recorded_to_acknowledged")


class PullThroughFigures(Collector):
    """Reads the figures from the database when it is asked."""

    def collect(self) -> Iterator[Metric]:
        """Yield each family, by destination."""
        clocks = list_clocks(spans=["hour"])
        for name, text in _COUNTS.items():
            family = GaugeMetricFamily(f"accordant_suppressions_{name}", text, labels=["destination"])
            for one in clocks:
                family.add_metric([one.destination], getattr(one, name))
            yield family
        yield _durations(clocks)
        behind = "Entries of the ledger that withdrawals were not followed in yet."
        yield GaugeMetricFamily("accordant_follower_behind_entries", behind, get_following().behind)
        undecided = "Pages of people whom destinations hold, due to be decided again."
        yield GaugeMetricFamily("accordant_pages_undecided", undecided, sum(count_undecided().values()))


def _durations(clocks: list[Clocks]) -> Metric:
    text = "Seconds that suppressions took which ended within the last hour."
    family = GaugeMetricFamily(
        "accordant_suppression_seconds", text, labels=["destination", "step", "quantile"]
    )
    for one in clocks:
        for step in _STEPS:
            quantiles = getattr(one.spans[0], step)
            for quantile, seconds in (("0.5", quantiles.p50), ("0.99", quantiles.p99)):
                if seconds is not None:
                    family.add_metric([one.destination, step, quantile], seconds)
    return family
