"""What differs between the request properties of two texts, and what is registered of destinations.

A condition is met by some of the values that its property can have. A list of all values that grows or
shrinks changes that for conditions that stay as they are; a change of conditions is told with their rules.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from consent.policies.diff.field_words import rewritten
from consent.policies.diff.keyed_entries import Fields, compare_keyed
from consent.policies.diff.names import Names, listed
from consent.policies.diff.orders import by_inclusion, by_permission_level, exact
from consent.policies.diff.types import Direction, Effect, Entry, together

Condition = Mapping[str, Any]
_TYPES = {"text": "text", "number": "a number", "truth": "true or false"}
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "in": lambda value, wanted: value in wanted,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_ANY_OTHER = "any other text, which no policy can name\n"
_UNKNOWN, _MET, _NOT_MET = 1, 2, 0
"""How far what is registered of a property bears on a condition: the more, the more is allowed."""


def compare_properties(before: Fields, after: Fields, _: Names) -> Iterator[Entry]:
    """Yield the request properties that were added, removed or changed, judged under the earlier rules."""

    def of_values(name: str, old: Fields, new: Fields) -> Direction:
        return together(*(_by_values(one, old, new) for one in _conditions_on(before, name)))

    def added(name: str, entry: Fields) -> Iterator[Effect]:
        words = (
            f"A new request property, which is {_described(entry)}. What asks for it is told with the rules."
        )
        yield Effect(of_values(name, {}, entry), words)

    def removed(name: str, entry: Fields) -> Iterator[Effect]:
        words = "The request property is gone. What asked for it is told with the rules."
        yield Effect(of_values(name, entry, {}), words)

    def changed(field: str, name: str, old: Fields, new: Fields) -> Iterator[Effect]:
        if field == "values":
            words = f"It is now {_described(new)}; before, {_described(old)}."
            yield Effect(of_values(name, old, new), words)
        elif field == "type":
            words = f"It is now {_described(new)}; before, {_described(old)}. Its conditions are others, too."
            yield Effect(Direction.WORDING, words)
        else:
            yield rewritten(field, old.get(field), new.get(field))

    yield from compare_keyed("properties", before, after, added=added, removed=removed, changed=changed)


def effects_of_registered(
    old: Fields, new: Fields, rules: list[Mapping[str, Any]], after: Fields, names: Names
) -> Iterator[Effect]:
    """Yield what it does that other values are registered of a destination, judged under `rules`."""
    earlier, later = old.get("properties", {}), new.get("properties", {})
    for name in dict.fromkeys([*later, *earlier]):
        if exact(earlier.get(name)) != exact(later.get(name)):
            declared = after.get("properties", {}).get(name, {})
            conditions = [
                one for rule in rules for one in rule.get("conditions", ()) if one["property"] == name
            ]
            direction = together(
                *(
                    by_permission_level(_bears(one, earlier, declared), _bears(one, later, declared))
                    for one in conditions
                )
            )
            yield Effect(direction, _told(names.title("properties", name), name, earlier, later, direction))


def _told(title: str, name: str, earlier: Fields, later: Fields, direction: Direction) -> str:
    now = f"now registered as {_shown(later[name])}" if name in later else "no longer registered"
    then = f"as {_shown(earlier[name])}" if name in earlier else "not at all"
    what = {
        Direction.WORDING: "No condition of a rule on its purposes is answered otherwise.",
        Direction.NARROWER: "Conditions on it that could be met are no longer.",
        Direction.WIDER: "Conditions on it can be met that could not.",
    }.get(direction, "Some conditions on it can be met that could not, some no longer.")
    return f"{title} is {now}; before, {then}. {what}"


def _bears(condition: Condition, registered: Fields, declared: Fields) -> int:
    """Return how what is registered bears: whatever is sent it is not met, it hangs on that, or it is met."""
    name = condition["property"]
    if name not in registered:
        return _UNKNOWN
    return _MET if _meets(condition, registered[name], declared) else _NOT_MET


def _by_values(condition: Condition, old: Fields, new: Fields) -> Direction:
    wanted = condition["value"] if isinstance(condition["value"], list) else [condition["value"]]
    texts = [*old.get("values", ()), *new.get("values", ()), *(one for one in wanted if isinstance(one, str))]
    met = ({one for one in (*texts, _ANY_OTHER) if _meets(condition, one, entry)} for entry in (old, new))
    return by_inclusion(*met)


def _meets(condition: Condition, value: Any, declared: Fields) -> bool:
    """Return whether `value` meets `condition`, where the property is `declared` so."""
    if declared.get("values") and value not in declared["values"]:
        return False
    try:
        return _TESTS[condition["operator"]](value, condition["value"])
    except TypeError:  # an order of different types, which no text that passed validation asks for
        return False


def _conditions_on(document: Fields, name: str) -> list[Condition]:
    return [
        one for rule in document["rules"] for one in rule.get("conditions", ()) if one["property"] == name
    ]


def _described(entry: Fields) -> str:
    values = entry.get("values")
    return f"one of {listed(map(_shown, values))}" if values else _TYPES[entry["type"]]


def _shown(value: Any) -> str:
    return f"“{value}”" if isinstance(value, str) else str(value).lower()
