"""Obligations of several rules on the same data: the person is owed what each of them asks."""

from collections.abc import Iterable

from activation.decisions.compiled import Rule
from activation.decisions.types import Obligation


def combine(rules: Iterable[Rule | None]) -> tuple[Obligation, ...] | None:
    """Return the obligations that satisfy every rule, sorted; None if two set one field differently.

    A field that one rule drops is dropped, whatever another asks; one that is masked in two ways is dropped.
    """
    asked = {obligation for rule in rules if rule for obligation in rule.obligations}
    dropped = {obligation.field for obligation in asked if obligation.kind == "drop"}
    masks, settings = (_by_field(asked, kind) for kind in ("mask", "set"))
    if any(len(values) > 1 for values in settings.values()):
        return None
    dropped |= {field for field, methods in masks.items() if len(methods) > 1}
    kept = {o for o in asked if o.kind == "set" or (o.kind == "mask" and o.field not in dropped)}
    return tuple(sorted(kept | {Obligation("drop", field) for field in dropped}, key=_sort_key))


def _by_field(asked: Iterable[Obligation], kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for obligation in asked:
        if obligation.kind == kind:
            found.setdefault(obligation.field, set()).add(obligation.value)
    return found


def _sort_key(obligation: Obligation) -> tuple[str, str, str]:
    return (obligation.kind, obligation.field, obligation.value)
