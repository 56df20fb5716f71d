"""Rows that were found, as lines of JSON. Pure.

A line is `{"dataset": …, "row": {…}}`. Text, booleans, numbers and null are themselves, lists and objects
stay so. All else becomes text that a person can read: dates and times as ISO 8601 writes them, decimals with
all their digits, lengths of time in seconds, UUIDs, and bytes as `base64:…`. A number that JSON has no form
for is `NaN`, `Infinity` or `-Infinity`, as text.
"""

import base64
import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

_DEEPEST = 32


def write_line(dataset: str, row: Mapping[str, Any]) -> bytes:
    """Return the line that holds the row."""
    told = {"dataset": dataset, "row": {str(name): _write(value, 0) for name, value in row.items()}}
    return json.dumps(told, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _write(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else json.dumps(float(value))
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {str(name): _write(inner, depth + 1) for name, inner in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_write(inner, depth + 1) for inner in value]
    return _write_typed(value)


def _write_typed(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    if isinstance(value, bytes | bytearray | memoryview):
        return "base64:" + base64.b64encode(bytes(value)).decode()
    return str(value)
