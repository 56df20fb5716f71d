"""Times PyPI's `iab-tcf`. Run by the Python of the environment that has it; nothing of ours is imported.

Reads JSON: `texts` and `rounds`; prints the microseconds a string, in the median of the rounds.
"""

import json
import statistics
import sys
import time
from importlib import import_module


def main() -> None:
    """Time it."""
    job = json.load(sys.stdin)
    decode = import_module("iab_tcf").decode
    times = []
    for _ in range(job["rounds"]):
        started = time.perf_counter()
        for text in job["texts"]:
            decode(text)
        times.append(1e6 * (time.perf_counter() - started) / len(job["texts"]))
    print(statistics.median(times))


if __name__ == "__main__":
    main()
