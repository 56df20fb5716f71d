"""JSON as the command line takes it: one object, a list of them, or one on each line."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from consent.signals.errors import Fault, MalformedSignal


def read_told(content: str) -> list[Any]:
    """Return the objects in their order.

    :raises MalformedSignal: if it is no JSON, with the character at which it ends to be; or if an object has
        a name twice.
    """
    try:
        told = _loads(content)
    except (ValueError, RecursionError):
        return _read_lines(content)
    return told if isinstance(told, list) else [told]


def _read_lines(content: str) -> list[Any]:
    told = []
    start = 0
    for line in content.splitlines(keepends=True):
        if line.strip():
            try:
                told.append(_loads(line))
            except json.JSONDecodeError as fault:
                raise MalformedSignal(Fault("not_json", fault.msg, start + fault.pos)) from None
            except (ValueError, RecursionError):
                raise MalformedSignal(Fault("not_json", "this cannot be read", start)) from None
        start += len(line)
    return told


def _loads(content: str) -> Any:
    return json.loads(content, object_pairs_hook=_each_once, parse_constant=_refuse_constant)


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; of two values under one name nobody knows which is meant."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedSignal(Fault("duplicate_name", "the object has the name twice", field=twice))
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedSignal(Fault("not_json", f"{name} is no number of JSON's"))
