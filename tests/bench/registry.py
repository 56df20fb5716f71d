"""The benchmarks by name."""

from collections.abc import Callable, Sequence

from tests.bench import ledger, main_job, start
from tests.bench.report import Figure

BENCHMARKS: dict[str, Callable[[], Sequence[Figure]]] = {
    "ledger": ledger.measure,
    "main_job": main_job.measure,
    "start": start.measure,
}
"""`ledger`: single writes, signatures, import, verification. `main_job`: import, decisions, enforcement.
`start`: a cold and a second `./dev demo --once`."""
