"""JSON as the command line takes it: one object, a list of them, or one on each line."""

import json
from typing import Any

from consent.signals.errors import Fault, MalformedSignal


def read_told(content: str) -> list[Any]:
    """Return the objects in their order.

    :raises MalformedSignal: if it is no JSON, with the character at which it ends to be.
    """
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return _read_lines(content)
    return told if isinstance(told, list) else [told]


def _read_lines(content: str) -> list[Any]:
    told = []
    start = 0
    for line in content.splitlines(keepends=True):
        if line.strip():
            try:
                told.append(json.loads(line))
            except json.JSONDecodeError as fault:
                raise MalformedSignal(Fault("not_json", fault.msg, start + fault.pos)) from None
            except (ValueError, RecursionError):
                raise MalformedSignal(Fault("not_json", "this cannot be read", start)) from None
        start += len(line)
    return told
