"""Which way each field of a rule goes, all others held fast.

The fields are gone through one after the other, each compared in the company of those that went before, so
that their directions together hold for the rule as a whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from consent.policies.diff import orders
from consent.policies.diff.lookup import Lookup
from consent.policies.diff.people import can_be_explicit, direction_of_people
from consent.policies.diff.types import Direction, together

Rule = Mapping[str, Any]

SCOPE = ("purposes", "jurisdictions", "controllers")
"""The fields that say to which questions the rule speaks: `scope` judges them against the other rules."""


@dataclass(frozen=True)
class Ground:
    """What of the later text rules are compared on."""

    lookup: Lookup
    special: frozenset[str]
    """The special categories of data (GDPR Art. 9)."""


@dataclass(frozen=True)
class Pair:
    """One rule as it stood and as it stands."""

    before: Rule
    after: Rule
    ground: Ground

    def both(self, name: str, default: Any = None) -> tuple[Any, Any]:
        """Return a field of both; `default` where it is left out."""
        return self.before.get(name, default), self.after.get(name, default)

    @property
    def touches_special(self) -> bool:
        """Whether special categories may be used under either of the two."""
        old, new = self.both("data_categories", ())
        return bool(self.ground.special.intersection((*old, *new)))


def direction_of_terms(before: Rule | None, after: Rule | None, ground: Ground) -> Direction:
    """Return the direction of putting the rule `after` in the place of `before`, for the same question.

    None is no rule, under which everything is denied.
    """
    if before is None or after is None:
        return orders.by_permission(before is not None, after is not None)
    pair = Pair(before, after, ground)
    return together(*(field_direction(pair, name) for name in FIELDS))


def field_direction(pair: Pair, name: str) -> Direction:
    """Return the direction of one field."""
    return FIELDS[name](pair)


def _basis(pair: Pair) -> Direction:
    people = direction_of_people(pair.before, {**pair.before, "basis": pair.after["basis"]})
    return together(people, _explicit(pair)) if pair.touches_special else people


def _explicit(pair: Pair) -> Direction:
    """A basis other than consent has no explicit yes, without which special categories are denied."""
    return orders.by_permission(can_be_explicit(pair.before), can_be_explicit(pair.after))


def _age(pair: Pair) -> Direction:
    taken_over = {
        name: pair.after.get(name, False if name == "direct_marketing" else None)
        for name in ("basis", "direct_marketing")
    }
    return direction_of_people({**pair.before, **taken_over}, pair.after)


def _double_opt_in(pair: Pair) -> Direction:
    """Under the basis consent the latest yes that counts speaks: if others count, another one may speak."""
    old, new = pair.both("double_opt_in", default=False)
    if old == new:
        return Direction.WORDING
    other = pair.before if new else pair.after
    return Direction.BOTH if asks_for_a_yes(other) else orders.by_permission(not old, not new)


def asks_for_a_yes(rule: Rule) -> bool:
    """Return whether anybody must say yes under `rule`: by its basis, or because they are young."""
    bands = rule.get("age", {}).get("bands", ())
    return rule["basis"] == "consent" or any(band["effect"] != "barred" for band in bands)


def _special_condition(pair: Pair) -> Direction:
    old, new = pair.both("special_condition")
    return orders.by_permission(bool(old), bool(new)) if pair.touches_special else Direction.WORDING


def _transfer_countries(pair: Pair) -> Direction:
    """A group permits the same as its members do, one by one."""
    old, new = pair.both("transfer_countries", ())
    if set(old) == set(new):
        return Direction.WORDING
    countries = pair.ground.lookup.countries
    return orders.by_inclusion(countries(pair.before), countries(pair.after))


def _permitted(name: str, permits: object, default: object) -> Callable[[Pair], Direction]:
    """Return the direction of a switch that permits something where its value is `permits`."""

    def direction(pair: Pair) -> Direction:
        old, new = pair.both(name, default)
        return orders.by_permission(old == permits, new == permits)

    return direction


FIELDS: Mapping[str, Callable[[Pair], Direction]] = {
    "basis": _basis,
    "direct_marketing": _permitted("direct_marketing", permits=False, default=False),
    "validity": lambda pair: orders.by_validity(*pair.both("validity")),
    "double_opt_in": _double_opt_in,
    "notice": lambda pair: orders.by_notice(*pair.both("notice")),
    "age": _age,
    "data_categories": lambda pair: orders.by_inclusion(*pair.both("data_categories", ())),
    "special_condition": _special_condition,
    "transfer_countries": _transfer_countries,
    "conditions": lambda pair: orders.by_conditions(*pair.both("conditions", ())),
    "signals": lambda pair: orders.by_restriction(*pair.both("signals", ("gpc",))),
    "assessment": lambda _: Direction.WORDING,
    "unknown_subject": _permitted("unknown_subject", permits="allow", default="deny"),
    "survives_erasure": _permitted("survives_erasure", permits=True, default=False),
    "survives_restriction": _permitted("survives_restriction", permits=True, default=False),
    "obligations": lambda pair: orders.by_obligations(*pair.both("obligations", {})),
}
