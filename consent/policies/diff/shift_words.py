"""What it does that other rules speak to some questions, in words: alike questions in one sentence."""

from collections.abc import Iterable, Mapping
from typing import Any

from consent.policies.diff.lookup import ELSEWHERE
from consent.policies.diff.names import BASES, Names, listed
from consent.policies.diff.scope import UNRESOLVED, Shift
from consent.policies.diff.types import Direction, Effect

_MOST_NAMED = 6
_UNKNOWN_PLACE = "people of whom no place is known"


def effects_of_shifts(shifts: Iterable[Shift], names: Names) -> tuple[Effect, ...]:
    """Return one effect for each way in which questions pass from one rule to another."""
    alike: dict[tuple[object, ...], list[Shift]] = {}
    for shift in shifts:
        is_unresolved = shift.place == UNRESOLVED
        key = (_id(shift.old), _id(shift.new), shift.direction, is_unresolved)
        alike.setdefault(key, []).append(shift)
    return tuple(_effect(group, names) for group in alike.values())


def _effect(shifts: list[Shift], names: Names) -> Effect:
    first = shifts[0]
    use = names.uses(dict.fromkeys(shift.purpose for shift in shifts))
    if first.place == UNRESOLVED:
        return Effect(first.direction, _of_unresolved(first, use))
    words = f"{use} in {_places(shifts, names)}{_by(shifts, names)}"
    if first.old is None and first.new is not None:
        return Effect(
            first.direction, f"{words} had no rule and was denied; now it may reach {_reach(first.new)}."
        )
    if first.new is None:
        return Effect(first.direction, f"{words} has no rule any more and is denied.")
    change = "the same holds" if first.direction is Direction.WORDING else f"it may reach {_reach(first.new)}"
    was = "" if first.direction is Direction.WORDING else f"; before, {_reach(first.old or {})}"
    return Effect(
        first.direction,
        f"{words} follows the rule {_id(first.new)} in place of {_id(first.old)}: {change}{was}.",
    )


def _of_unresolved(shift: Shift, use: str) -> str:
    if shift.direction is Direction.WIDER:
        what = "may now be included" if shift.new else "no longer need to meet this rule"
        return f"For {use}, {_UNKNOWN_PLACE} {what}, if every other rule allows it too."
    if shift.new is None:
        return f"For {use}, {_UNKNOWN_PLACE} are denied: no rule holds everywhere."
    return f"For {use}, {_UNKNOWN_PLACE} must meet this rule too."


def _reach(rule: Mapping[str, Any]) -> str:
    return BASES[rule["basis"]]


def _places(shifts: list[Shift], names: Names) -> str:
    listed_places = dict.fromkeys(shift.place for shift in shifts)
    jurisdictions = {**names.before["jurisdictions"], **names.after["jurisdictions"]}
    within = {
        member
        for code in listed_places
        for member in jurisdictions.get(code, {}).get("members", ())
    }  # fmt: skip
    codes = [code for code in listed_places if code not in within]
    shown = [_place(code, names) for code in codes[:_MOST_NAMED]]
    more = len(codes) - len(shown)
    return listed([*shown, *([f"{more} more"] if more else [])])


def _place(code: str, names: Names) -> str:
    return (
        "any place that has no rule of its own" if code == ELSEWHERE else names.title("jurisdictions", code)
    )


def _by(shifts: list[Shift], names: Names) -> str:
    """Return for whom, where that is not everybody."""
    controllers = list(dict.fromkeys(shift.controller for shift in shifts))
    everybody = [slug for slug in names.after["controllers"] if slug in names.before["controllers"]]
    if set(controllers) == set(everybody):
        return ""
    return f", for {names.titles('controllers', controllers)},"


def _id(rule: Mapping[str, Any] | None) -> str | None:
    return str(rule["id"]) if rule else None
