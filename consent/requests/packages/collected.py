"""The rows that steps collected, read back one sealed part at a time.

A part holds whole lines, each `{"dataset": name, "row": {column: value}}`.
"""

import json
from collections.abc import Iterator
from typing import Any

from consent.requests import vault
from consent.requests.models import Request, Step
from consent.requests.packages.types import CollectedDataset, CollectedRow, CollectedStep, RowsUnreadable

MAX_DATASETS = 1000
MAX_COLUMNS = 1000
_LONGEST_INTEGER = 4000  # digits: what Python reads without being told to


class _Found:
    """A dataset while its rows are gone through."""

    def __init__(self, part: int) -> None:
        self.rows, self.first_part, self.last_part = 0, part, part
        self.columns: dict[str, None] = {}


def survey(request: Request, key: bytes, step: Step) -> CollectedStep:
    """Go through the rows of `step` once, and return which datasets they are of.

    :raises RowsUnreadable: if a line is no row, or there are more datasets or columns than a package takes.
    :raises KeyUnreadable: if a part is missing, or does not open.
    """
    found: dict[str, _Found] = {}
    before = list[int]()
    total = 0
    for part, content in enumerate(_read_parts(request, key, step, 1, step.parts), 1):
        before.append(total)
        for dataset, values in _read_lines(content):
            total += 1
            _note(found, dataset, values, part)
    return CollectedStep(
        rows=total,
        datasets=tuple(
            CollectedDataset(
                name=name,
                rows=one.rows,
                columns=tuple(one.columns),
                first_part=one.first_part,
                last_part=one.last_part,
            )
            for name, one in found.items()
        ),
        rows_before=tuple(before),
    )


def read_dataset(
    request: Request, key: bytes, step: Step, surveyed: CollectedStep, dataset: CollectedDataset
) -> Iterator[CollectedRow]:
    """Yield the rows of `dataset`, in their order, one part in memory at a time.

    :raises RowsUnreadable, KeyUnreadable: as `survey`.
    """
    number = surveyed.rows_before[dataset.first_part - 1]
    for content in _read_parts(request, key, step, dataset.first_part, dataset.last_part):
        for name, values in _read_lines(content):
            number += 1
            if name == dataset.name:
                yield CollectedRow(number=number, dataset=name, values=values)


def _note(found: dict[str, _Found], dataset: str, values: dict[str, Any], part: int) -> None:
    one = found.setdefault(dataset, _Found(part))
    one.rows += 1
    one.last_part = part
    one.columns.update(dict.fromkeys(values))
    if len(found) > MAX_DATASETS or len(one.columns) > MAX_COLUMNS:
        raise RowsUnreadable("a step collected more datasets, or more columns of one, than a package takes")


def _read_parts(request: Request, key: bytes, step: Step, first: int, last: int) -> Iterator[bytes]:
    for number in range(first, last + 1):
        yield vault.read_part(request, key, f"step/{step.pk}", number=number)


def _read_lines(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in content.splitlines():
        if line.strip():
            yield _read_line(line)


def _read_line(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return a line's dataset and row. What JSON does not know, such as NaN, becomes text."""
    try:
        read = json.loads(line, parse_constant=str, parse_int=_read_integer)
    except (ValueError, RecursionError):
        raise RowsUnreadable("a step left a line that is not JSON") from None
    if not isinstance(read, dict) or not isinstance(read.get("dataset"), str):
        raise RowsUnreadable("a step left a line without the name of a dataset")
    if not isinstance(read.get("row"), dict):
        raise RowsUnreadable("a step left a line without a row")
    return read["dataset"], read["row"]


def _read_integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits
