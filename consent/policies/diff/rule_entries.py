"""What differs between the rules of two texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from consent.policies.diff.field_words import (
    changed_fields,
    field_changes,
    in_other_words,
    means_the_same,
    rewritten,
)
from consent.policies.diff.lookup import Document, Lookup, groups_of, look_up
from consent.policies.diff.names import Names
from consent.policies.diff.rule_fields import FIELDS, SCOPE, Ground, Pair, field_direction
from consent.policies.diff.rule_words import words_of
from consent.policies.diff.scope import Shift, stage_of
from consent.policies.diff.shift_words import effects_of_shifts
from consent.policies.diff.types import Direction, Effect, Entry, FieldChange, Kind

Rule = Mapping[str, Any]
_DEFAULTS: Mapping[str, Any] = {
    "direct_marketing": False,
    "double_opt_in": False,
    "conditions": [],
    "signals": ["gpc"],
    "unknown_subject": "deny",
    "survives_erasure": False,
    "survives_restriction": False,
    "obligations": {},
}


def ground_of(document: Document) -> Ground:
    """Return what rules are compared on: the groups and the special categories of `document`."""
    categories = document.get("data_categories", {}).items()
    special = frozenset(slug for slug, category in categories if category.get("special"))
    return Ground(Lookup(groups_of(document)), special)


def compare_rules(before: Document, after: Document, names: Names) -> Iterator[Entry]:
    """Yield the rules that were added, removed or changed; rules are the same if their ids are."""
    old, new = ({rule["id"]: rule for rule in one["rules"]} for one in (before, after))
    ground = ground_of(after)
    shifts = _shifts(before, after, ground)
    for rule_id, rule in new.items():
        concerned = shifts.get(rule_id, [])
        if rule_id not in old:
            yield _whole(rule, Kind.ADDED, concerned, names)
        elif changed_fields(old[rule_id], rule):
            yield _changed(Pair(old[rule_id], rule, ground), concerned, names)
    for rule_id, rule in old.items():
        if rule_id not in new:
            yield _whole(rule, Kind.REMOVED, shifts.get(rule_id, []), names)
    yield from _order(list(old), list(new))


def _shifts(before: Document, after: Document, ground: Ground) -> dict[str, list[Shift]]:
    """Return by rule what it no longer speaks to, and what it speaks to now.

    Rules in both texts have the later terms, which `_changed` judges."""
    later = {rule["id"]: rule for rule in after["rules"]}
    renewed = [
        {**later.get(rule["id"], rule), **{name: rule[name] for name in SCOPE if name in rule}}
        for rule in before["rules"]
    ]
    for rule, earlier in zip(renewed, before["rules"], strict=True):
        if "controllers" not in earlier:
            rule.pop("controllers", None)
    earlier = look_up({**before, "rules": renewed})
    stage = stage_of(before, after, Lookup(ground.lookup.groups, earlier.rules), look_up(after), ground)
    found: dict[str, list[Shift]] = {}
    for shift in stage.shifts():
        for side in (shift.old, shift.new):
            if side:
                found.setdefault(side["id"], []).append(shift)
    return found


def _whole(rule: Rule, kind: Kind, shifts: list[Shift], names: Names) -> Entry:
    effects = effects_of_shifts(shifts, names)
    if not effects:
        effects = (Effect(Direction.WORDING, "No question gets another answer by that."),)
    change = FieldChange(f"rules.{rule['id']}", *_sides(dict(rule), kind))
    return Entry(key=rule["id"], title=_title(rule, names), kind=kind, effects=effects, changes=(change,))


def _sides(rule: dict[str, Any], kind: Kind) -> tuple[Any, Any]:
    return (None, rule) if kind is Kind.ADDED else (rule, None)


def _title(rule: Rule, names: Names) -> str:
    return f"{names.uses(rule['purposes'])} in {names.places(rule['jurisdictions'])}"


def _changed(pair: Pair, shifts: list[Shift], names: Names) -> Entry:
    effects = [
        _field(pair, name, names) for name in changed_fields(pair.before, pair.after) if name not in SCOPE
    ]
    scope = [name for name in changed_fields(pair.before, pair.after) if name in SCOPE]
    effects += effects_of_shifts(shifts, names)
    if scope and not shifts:
        effects += [_scope(pair, name) for name in scope]
    rule_id = pair.after["id"]
    return Entry(
        key=rule_id,
        title=_title(pair.after, names),
        kind=Kind.CHANGED,
        effects=tuple(effects),
        changes=field_changes(pair.before, pair.after, f"rules.{rule_id}"),
    )


def _field(pair: Pair, name: str, names: Names) -> Effect:
    old, new = pair.both(name)
    if means_the_same(old, new, _DEFAULTS.get(name)):
        return in_other_words(name, old, new)
    if name not in FIELDS:
        return Effect(Direction.UNCLEAR, f"{name} changed, and this comparison does not know what it does.")
    return Effect(field_direction(pair, name), words_of(pair, name, names))


def _scope(pair: Pair, name: str) -> Effect:
    old, new = pair.both(name)
    return in_other_words(name, old, new) if means_the_same(old, new) else rewritten(name, old, new)


def _order(old: list[str], new: list[str]) -> Iterator[Entry]:
    """Yield an entry for rules that only stand in another order; which rule speaks does not depend on it."""
    if set(old) == set(new) and old != new:
        change = FieldChange("rules", old, new)
        effect = Effect(Direction.WORDING, "The rules stand in another order. No answer changes by that.")
        yield Entry(
            key="rules", title="Order of the rules", kind=Kind.CHANGED, effects=(effect,), changes=(change,)
        )
