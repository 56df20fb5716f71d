"""Timing what is done with each of many strings, and the figures of it beside a peer's."""

import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

from tests.bench.report import Figure

ROUNDS = 31


def time_each(
    work: Callable[[Any], object], inputs: Sequence[Any], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the microseconds that the work takes for one input, in the median of the rounds.

    With `time.process_time` other work on the machine does not count.
    """
    times = []
    for _ in range(ROUNDS):
        started = clock()
        for one in inputs:
            work(one)
        times.append(1e6 * (clock() - started) / len(inputs))
    return statistics.median(times)


def measure_peak(work: Callable[[Any], object], given: Any) -> int:
    """Return the most bytes that the work holds at any moment."""
    tracemalloc.start()
    try:
        work(given)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def compare(name: str, ours: float, peer: str, theirs: float | str) -> Figure:
    """Return our microseconds a string beside a peer's; `theirs` may say why there are none."""
    if isinstance(theirs, str):
        return Figure(name, ours, "µs a string", f"{peer}: not measured, {theirs}")
    return Figure(name, ours, "µs a string", f"{peer}: {theirs:.1f} µs", ours / theirs)
