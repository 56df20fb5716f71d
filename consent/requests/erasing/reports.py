"""What a step of an erasure reported, one row a dataset, however many rounds it took. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from consent.requests.types import DatasetReport


def sum_up(report: Iterable[Mapping[str, Any]]) -> tuple[DatasetReport, ...]:
    """Return the report with the rounds of a dataset as one: all that was done, what the last one kept."""
    found: dict[str, DatasetReport] = {}
    for row in report:
        one = _read(row)
        before = found.get(one.dataset)
        done = one.done + (before.done if before else 0)
        found[one.dataset] = replace(one, done=done, found=max(one.found, done + one.kept))
    return tuple(found.values())


def _read(row: Mapping[str, Any]) -> DatasetReport:
    return DatasetReport(
        dataset=str(row["dataset"]),
        found=int(row.get("found", 0)),
        done=int(row.get("done", 0)),
        kept=int(row.get("kept", 0)),
        ground=str(row.get("ground", "")),
    )
