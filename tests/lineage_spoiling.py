"""Events with something wrong, somewhere, at random."""

import copy
import random
from collections.abc import Iterator
from typing import Any

from lineage.events.builders import abort, complete, fail, start
from tests.lineage_runs import NOON, make_run

Event = dict[str, Any]
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.0,
    1.5,
    10**30,
    "",
    "x",
    "Anna Muster",
    "a.b_c-d",
    "COMPLETE",
    "consent,,opt_out",
    "2b6b0a62-3b1e-4b7a-8a5c-2f5d7d1c0e0a",
    "2B6B0A623B1E4B7A8A5C2F5D7D1C0E0A",
    "2026-03-01T12:00:00Z",
    "2026-03-01T12:00:00",
    "2026-02-30T12:00:00Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01t12:00:00.1234567z",
    "https://example.org/a#/b",
    "https://example.org/a b",
    "//example.org",
    "urn:a:b",
    "sha256:" + "0" * 64,
    "n" * 201,
    [],
    {},
    [[]],
    [None, "x"],
    {"x": 1},
    {"_producer": "us", "_schemaURL": 7},
    {"key": "k", "value": None},
]


def spoil(chance: random.Random) -> Event:
    """Return an event with one to three changes somewhere in it."""
    event = chance.choice([start, complete, abort])(make_run(), at=NOON)
    if chance.random() < 0.2:
        event = fail(make_run(), at=NOON, message="input_unreadable")
    for _ in range(chance.randint(1, 3)):
        holder = chance.choice(list(holders(event)))
        name = chance.choice([*holder] if isinstance(holder, dict) else range(len(holder)))
        kind = chance.random()
        if kind < 0.3:
            del holder[name]
        elif kind < 0.9:
            holder[name] = copy.deepcopy(chance.choice(ODD))
        elif isinstance(holder, dict):
            holder[chance.choice(["another", "_deleted", "0", "value"])] = holder[name]
    return event


def holders(value: Any) -> Iterator[Any]:
    """Yield each object and list in `value` that holds something."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if members:
        yield value
    for member in members:
        yield from holders(member)
