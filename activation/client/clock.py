"""The client's clock: nanoseconds that nobody can set, counted also while the machine sleeps."""

import time
from collections.abc import Callable
from functools import partial

_BOOT_TIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)

Clock = Callable[[], int]

read_clock: Clock = time.monotonic_ns if _BOOT_TIME is None else partial(time.clock_gettime_ns, _BOOT_TIME)
"""On Linux, the usual monotonic clock stands still while the machine sleeps: what is old would seem new."""
