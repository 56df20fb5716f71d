"""The rows that steps collected, read back one sealed part at a time.

A part holds whole lines, each `{"dataset": name, "row": {column: value}}`.
"""

import base64
import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction

from consent.requests import vault
from consent.requests.models import Request, Step
from consent.requests.moving import lock_request
from consent.requests.packages.types import (
    Binary,
    CollectedDataset,
    CollectedRow,
    CollectedStep,
    RowsUnreadable,
)

MAX_DATASETS = 1000
MAX_COLUMNS = 1000
_TAGS = frozenset({"$datetime", "$date", "$time", "$seconds", "$decimal", "$float", "$uuid", "$text"})
_LONGEST_INTEGER = 4000  # digits: what Python reads without being told to


class _Found:
    """A dataset while its rows are gone through."""

    def __init__(self, part: int, row: int) -> None:
        self.rows, self.first_part, self.last_part = 0, part, part
        self.first_row = self.last_row = row
        self.columns: dict[str, None] = {}


def survey(request: Request, key: bytes, step: Step) -> CollectedStep:
    """Return which datasets the rows of `step` are of. It goes through them, if nobody did and kept it.

    :raises RowsUnreadable: if a line is no row, or there are more datasets or columns than a package takes.
    :raises KeyUnreadable: if a part is missing, or does not open.
    """
    kept = vault.read_json(request, key, _kept_name(step))
    if kept.get("of") == _state_of(step):
        return _read_kept(kept)
    found: dict[str, _Found] = {}
    before = list[int]()
    total = 0
    for part, content in enumerate(_read_parts(request, key, step, 1, step.parts), 1):
        before.append(total)
        for dataset, values in _read_lines(content):
            total += 1
            _note(found, dataset, values, part, total)
    return CollectedStep(
        rows=total,
        datasets=tuple(
            CollectedDataset(
                name=name,
                rows=one.rows,
                columns=tuple(one.columns),
                first_part=one.first_part,
                last_part=one.last_part,
                first_row=one.first_row,
                last_row=one.last_row,
            )
            for name, one in found.items()
        ),
        rows_before=tuple(before),
    )


def keep_survey(request: Request, key: bytes, step: Step, surveyed: CollectedStep) -> None:
    """Seal what was found, so that an officer who looks through the rows need not wait for it again."""
    with transaction.atomic():
        if lock_request(request.pk).kek_version:
            content = {"of": _state_of(step), **asdict(surveyed)}
            vault.write_json(request, key, _kept_name(step), content)


def read_dataset(
    request: Request,
    key: bytes,
    step: Step,
    surveyed: CollectedStep,
    dataset: CollectedDataset,
    *,
    after: int = 0,
) -> Iterator[CollectedRow]:
    """Yield the rows of `dataset` behind row `after`, in their order, one part in memory at a time.

    :raises RowsUnreadable, KeyUnreadable: as `survey`.
    """
    first = max(dataset.first_part, bisect_left(surveyed.rows_before, after + 1))
    number = surveyed.rows_before[first - 1]
    for content in _read_parts(request, key, step, first, dataset.last_part):
        for name, values in _read_lines(content):
            number += 1
            if name == dataset.name and number > after:
                yield CollectedRow(number=number, dataset=name, values=values)


def _kept_name(step: Step) -> str:
    return f"survey/{step.pk}"


def _state_of(step: Step) -> list[Any]:
    """Return what changes when a step is carried out again."""
    return [step.attempts, step.parts, step.ended_at.isoformat() if step.ended_at else None]


def _read_kept(kept: Mapping[str, Any]) -> CollectedStep:
    return CollectedStep(
        rows=kept["rows"],
        datasets=tuple(
            CollectedDataset(**{**one, "columns": tuple(one["columns"])}) for one in kept["datasets"]
        ),
        rows_before=tuple(kept["rows_before"]),
    )


def _note(found: dict[str, _Found], dataset: str, values: dict[str, Any], part: int, row: int) -> None:
    one = found.get(dataset) or found.setdefault(dataset, _Found(part, row))
    one.rows += 1
    one.last_part, one.last_row = part, row
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
    return read["dataset"], {name: _unwrap(value) for name, value in read["row"].items()}


def _unwrap(value: Any) -> Any:
    """Return a value without the tag that says of which type it was (see `fanning.encoding`)."""
    if isinstance(value, list):
        return [_unwrap(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag == "$object" and isinstance(inner, dict):
            return {name: _unwrap(one) for name, one in inner.items()}
        if tag == "$bytes" and isinstance(inner, str):
            return _read_bytes(inner)
        if tag in _TAGS and isinstance(inner, str | int | float):
            return inner
    return {name: _unwrap(inner) for name, inner in value.items()}


def _read_bytes(encoded: str) -> str:
    """Return bytes as the text that they are, else as they are encoded."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return Binary(encoded)
    return text if text.isprintable() else Binary(encoded)


def _read_integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits
