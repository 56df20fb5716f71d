"""The report's rows: what was measured, and beside it what it is measured against."""

from collections.abc import Mapping, Sequence

from tests.bench.check.driving import Measured
from tests.bench.report import Figure

Served = Mapping[tuple[str, str], Sequence[Measured]]

FLOOR_SINGLE, FLOOR_BATCH = ("Cerbos", "single"), ("Cerbos", "batch of 100")
AIMS: Sequence[tuple[str, str, tuple[str, str], float]] = (
    ("single, by user_id", "Cerbos, single", FLOOR_SINGLE, 15),
    ("single, by e-mail", "Cerbos, single", FLOOR_SINGLE, 15),
    ("single, by user_id", "Valkey GET", ("Valkey", "GET"), 0.5),
    ("batch of 100, by user_id", "Cerbos, single", FLOOR_SINGLE, 60),
    ("batch of 100, by user_id", "Cerbos, batch of 100", FLOOR_BATCH, 60),
)
"""A load of ours, what it is held against, and how many times its checks per CPU-second we aim at."""
OURS = ("Check server", "Django views")
"""The first of these that was measured is held against the aims."""
LOCAL_AIMS = {
    "Rego, regorus": 15,
    "Rego, rego-cpp": 15,
    "Cedar, entities parsed before": 40,
    "Cedar, entities as JSON": 40,
}
_MICRO = 1e6
_BUSY = 0.95


def served_rows(served: Served) -> list[Figure]:
    """Return what a check costs and how long a caller waits, by load; then how ours stands to the aims."""
    rows = [
        row for key, measured in served.items() for one in measured for row in _load_rows(key, one, served)
    ]
    name = next((name for name in OURS if any(target == name for target, _ in served)), None)
    return rows + ([] if name is None else _aim_rows(name, served))


def local_rows(decided: Mapping[str, float]) -> list[Figure]:
    """Return what one decision in process takes; the first is ours, and held against the others."""
    ours = next(iter(decided.values()))
    rows = [Figure(f"in process: {title}", seconds * _MICRO, "µs") for title, seconds in decided.items()]
    for title, aim in LOCAL_AIMS.items():
        if title in decided:
            rows.append(
                Figure(f"in process: times as fast as {title}", decided[title] / ours, "x", f"aim: {aim}")
            )
    return rows


def missing(name: str, reason: str) -> Figure:
    """Return the row of something that could not be measured."""
    return Figure(name, None, "", f"skipped: {' '.join(reason.split())}")


def _load_rows(key: tuple[str, str], one: Measured, served: Served) -> list[Figure]:
    name = f"{', '.join(key)}, {one.connections} conn."
    result = one.result
    rows = [
        Figure(f"{name}: CPU a check", one.cpu * _MICRO, "µs", *_against(key, one, served)),
        Figure(f"{name}: median", result.median * 1000, "ms", _limits(one)),
        Figure(f"{name}: p99", result.p99 * 1000, "ms"),
    ]
    if result.beside:
        rows.insert(1, Figure(f"{name}: CPU of PostgreSQL beside it", one.beside * _MICRO, "µs"))
    return rows


def _against(key: tuple[str, str], one: Measured, served: Served) -> tuple[str, float | None]:
    """Return the same number of connections to Cerbos, if this is something else."""
    floor = FLOOR_BATCH if one.load.checks > 1 else FLOOR_SINGLE
    for other in served.get(floor, ()):
        if other.connections == one.connections and key != floor:
            return ", ".join(floor), one.cpu / other.cpu
    return "", None


def _limits(one: Measured) -> str:
    """Return a warning where the load generator, and not the server, was the limit of what was done."""
    share = one.result.own / one.result.elapsed
    return f"the load generator was busy for {share:.0%}" if share > _BUSY else ""


def _aim_rows(name: str, served: Served) -> list[Figure]:
    rows = []
    for load, title, floor, aim in AIMS:
        for mine, theirs in zip(served.get((name, load), ()), served.get(floor, ()), strict=False):
            rows.append(
                Figure(
                    f"{name}, {load}, {mine.connections} conn.: times as fast as {title}",
                    theirs.cpu / mine.cpu,
                    "x",
                    f"checks per CPU-second; aim: {aim}",
                )
            )
    return rows
