"""Obligations of several rules on the same data: the person is owed what each of them asks."""

from collections.abc import Iterable

from activation.decisions.compiled import Rule
from activation.decisions.types import Obligation

_FILLING = frozenset({"set", "signal"})
"""What fills a field, so that it can be filled in one way only."""


def combine(rules: Iterable[Rule | None]) -> tuple[Obligation, ...] | None:
    """Return the obligations that satisfy every rule, sorted; None if they cannot all be met.

    A field that one rule drops is dropped, whatever another asks; one that is masked in two ways is dropped.
    Neither holds for a person's string: one that must be there cannot be left out or masked too. A field
    filled in two ways cannot be met either: with two texts, two kinds of strings, or one of each.
    """
    asked = {obligation for rule in rules if rule for obligation in rule.obligations}
    if not asked:
        return ()
    if _clash(asked):
        return None
    dropped = {obligation.field for obligation in asked if obligation.kind == "drop"}
    masks = _by_field(asked, "mask")
    dropped |= {field for field, methods in masks.items() if len(methods) > 1}
    kept = {o for o in asked if o.kind in _FILLING or (o.kind == "mask" and o.field not in dropped)}
    return tuple(sorted(kept | {Obligation("drop", field) for field in dropped}, key=_sort_key))


def _clash(asked: Iterable[Obligation]) -> bool:
    """Return whether a field is filled in two ways, or holds a string and is to be hidden."""
    filled: dict[str, set[tuple[str, str]]] = {}
    hidden = set[str]()
    for one in asked:
        name = one.field.strip().casefold()  # an obligation reaches a column whatever its case
        if one.kind in _FILLING:
            filled.setdefault(name, set()).add((one.kind, one.value))
        else:
            hidden.add(name)
    return any(
        len(ways) > 1 or (name in hidden and any(kind == "signal" for kind, _ in ways))
        for name, ways in filled.items()
    )


def _by_field(asked: Iterable[Obligation], kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for obligation in asked:
        if obligation.kind == kind:
            found.setdefault(obligation.field, set()).add(obligation.value)
    return found


def _sort_key(obligation: Obligation) -> tuple[str, str, str]:
    return (obligation.kind, obligation.field, obligation.value)
