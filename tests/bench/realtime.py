"""Enforcement in real time: withdrawals pulled through, a long queue drained, a midnight, and streams.

`ACCORDANT_BENCH_PARTS` names some of the parts, separated by commas. How much each does, it says itself.
"""

import importlib
import os
from collections.abc import Sequence

from tests.bench.report import Figure

PARTS = ("latency", "drain", "midnight", "stream")


def measure() -> Sequence[Figure]:
    """Return the figures of all parts, or of those asked for."""
    asked = os.environ.get("ACCORDANT_BENCH_PARTS", "")
    wanted = [name.strip() for name in asked.split(",") if name.strip()] or PARTS
    figures: list[Figure] = []
    for name in wanted:
        part = importlib.import_module(f"tests.bench.realtime_{name}")
        figures += part.measure()
    return figures
