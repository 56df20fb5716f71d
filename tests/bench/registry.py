"""The benchmarks by name."""

from collections.abc import Callable, Sequence

from tests.bench import keys, ledger, main_job, start
from tests.bench.report import Figure

BENCHMARKS: dict[str, Callable[[], Sequence[Figure]]] = {
    "keys": keys.measure,
    "ledger": ledger.measure,
    "main_job": main_job.measure,
    "start": start.measure,
}
"""`keys`: data keys made, read and rotated. `ledger`: single writes, signatures, import, verification.

`main_job`: import, decisions, enforcement.
`start`: a cold and a second `./dev demo --once`."""
