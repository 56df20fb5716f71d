"""Which of two terms is the stricter one: the orders that directions are read from.

Each is an order by what the engine allows under a term, whatever else holds; where a term can be both
stricter and laxer, depending on what is on record, none is claimed.
"""

import json
from collections.abc import Iterable, Mapping, Set
from typing import Any

from consent.kernel.periods import Period
from consent.policies.diff.types import Direction, together

SAME, NARROWER, WIDER = Direction.WORDING, Direction.NARROWER, Direction.WIDER
_SHORTEST_MONTH, _LONGEST_MONTH = 28, 31


def by_inclusion(before: Iterable[str], after: Iterable[str]) -> Direction:
    """Return the direction of a list that permits what it names: more names are wider."""
    old, new = frozenset(before), frozenset(after)
    return together(WIDER if new - old else SAME, NARROWER if old - new else SAME)


def by_restriction(before: Iterable[str], after: Iterable[str]) -> Direction:
    """Return the direction of a list that asks for what it names: more names are narrower."""
    return by_inclusion(after, before)


def by_permission(before: bool, after: bool) -> Direction:
    """Return the direction of a switch that permits something."""
    if before == after:
        return SAME
    return WIDER if after else NARROWER


def by_permission_level(before: int, after: int) -> Direction:
    """Return the direction from one level of permission to another."""
    return by_inclusion(map(str, range(before)), map(str, range(after)))


def by_validity(before: str | None, after: str | None) -> Direction:
    """Return the direction of how long a yes lasts; None is for ever."""
    if before is None or after is None:
        return by_permission(before is None, after is None)
    old, new = Period.parse(before), Period.parse(after)
    if old == new:
        return SAME
    if _lasts_no_longer(new, old):
        return NARROWER
    return WIDER if _lasts_no_longer(old, new) else Direction.UNCLEAR


def _lasts_no_longer(one: Period, other: Period) -> bool:
    """Whether `one` is over no later than `other`, whenever they begin."""
    if one.months <= other.months and one.days <= other.days:
        return True
    return one.months * _LONGEST_MONTH + one.days <= other.months * _SHORTEST_MONTH + other.days


def by_notice(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Direction:
    """Return the direction of the notice that a yes must have been given on; None asks for none."""
    if before is None or after is None:
        return by_permission(before is None, after is None)
    if before["key"] != after["key"]:
        return Direction.BOTH
    old, new = before["oldest_version"], after["oldest_version"]
    if old == new:
        return SAME
    return NARROWER if new > old else WIDER


def by_conditions(before: Iterable[Any], after: Iterable[Any]) -> Direction:
    """Return the direction of tests that must all hold."""
    return by_restriction(map(exact, before), map(exact, after))


def by_obligations(before: Mapping[str, Any], after: Mapping[str, Any]) -> Direction:
    """Return the direction of what must be done to the data: left out is stricter than masked.

    What a recipient makes of a column that is set, or of a person's string, cannot be told; two rules that
    fill it differently cannot be met together, which denies, and so does a string that a person lacks.
    """
    if any(_pairs(before.get(kind, {})) != _pairs(after.get(kind, {})) for kind in ("set", "signal")):
        return Direction.UNCLEAR
    return by_treatment(treated(before), treated(after))


def by_treatment(before: Mapping[str, int], after: Mapping[str, int]) -> Direction:
    """Return the direction of how strictly each column is treated."""
    directions = []
    for column in {*before, *after}:
        old, new = before.get(column, 0), after.get(column, 0)
        directions.append(SAME if old == new else NARROWER if new > old else WIDER)
    return together(*directions)


def treated(obligations: Mapping[str, Any]) -> dict[str, int]:
    """Return how strictly each column is treated: 1 masked, 2 left out."""
    found = {column.strip().casefold(): 1 for column in obligations.get("mask", {})}
    return found | {column.strip().casefold(): 2 for column in obligations.get("drop", ())}


def _pairs(columns: Mapping[str, str]) -> Set[tuple[str, str]]:
    return set(columns.items())


def exact(value: Any) -> str:
    """Return `value` as a text that only the same value has: true is not 1. A list's order is left out."""
    if isinstance(value, list):
        return f"[{','.join(sorted(map(exact, value)))}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{json.dumps(name)}:{exact(value[name])}' for name in sorted(value))}}}"
    return json.dumps(value)
