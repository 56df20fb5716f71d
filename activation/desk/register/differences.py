"""Where what is declared and what was observed differ. Pure.

What was seen only before the policy in force cannot be judged by it, and is told as that, once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from activation.decisions.compiled import Rule
from activation.desk.register import difference_words as tell
from activation.desk.register.columns import list_unset
from activation.desk.register.material import Material
from activation.desk.register.types import Difference, DifferenceKind, Entry, Recipient, Weight
from lineage.graph.types import Observed

_FILLED = frozenset({"set", "signal"})
"""The obligations that put something of their own in the place of a column's data."""
_ORDER = {kind: place for place, kind in enumerate(DifferenceKind)}
_WEIGHTS = {weight: place for place, weight in enumerate(Weight)}


def list_differences(
    material: Material,
    entries: Sequence[Entry],
    observed: Sequence[Observed],
    *,
    lately: timedelta,
    ungated_paths: int = 0,
) -> tuple[Difference, ...]:
    """Return every difference, the most urgent first. What was first seen after `material.at` is let be."""
    seen = [one for one in observed if one.first_seen_at <= material.at]
    found = [
        *([tell.ungated(ungated_paths)] if ungated_paths else []),
        *(difference for one in seen for difference in _of_observed(material, one)),
        *_of_declared(material, entries, seen, lately),
    ]
    return tuple(sorted(dict.fromkeys(found), key=_place))


def _place(one: Difference) -> tuple[int, int, str, str, str, str]:
    return (
        _WEIGHTS[one.weight],
        _ORDER[one.kind],
        one.controller,
        one.purpose,
        one.destination,
        one.words,
    )


def _last_seen(material: Material, one: Observed) -> datetime:
    return min(one.last_seen_at, material.at)


def _of_observed(material: Material, one: Observed) -> Iterator[Difference]:
    """Yield what is wrong with one processing that was seen."""
    last = _last_seen(material, one)
    known = material.destinations.get(one.destination)
    if known is not None and known.is_suspended(last):
        yield tell.suspended(one, last)
    if last < material.policy.in_force_from:
        yield tell.older_policy(one, last, is_declared=_is_declared(material, one))
        return
    if not one.sources:
        yield tell.observed(DifferenceKind.SOURCE_UNKNOWN, one)
    unnamed = list(_undeclared_names(material, one))
    if unnamed:
        yield from (tell.observed(kind, one) for kind in unnamed)
        return
    yield from _against_rules(material, one)


def _undeclared_names(material: Material, one: Observed) -> Iterator[DifferenceKind]:
    """Yield a kind for each name that the policy in force does not know, or has retired."""
    purpose = material.policy.purposes.get(one.purpose)
    if purpose is None or not purpose.active:
        yield DifferenceKind.PURPOSE_NOT_DECLARED
    if one.controller not in material.policy.establishments:
        yield DifferenceKind.CONTROLLER_NOT_DECLARED
    if one.destination not in material.policy.destinations:
        yield DifferenceKind.DESTINATION_NOT_DECLARED


def _against_rules(material: Material, one: Observed) -> Iterator[Difference]:
    """Yield what the rules and the destination do not permit; every name is known."""
    rules = [rule for rule, _ in material.rules_of(one.purpose, one.controller).values()]
    is_mapped = one.purpose in material.policy.destinations[one.destination].purposes
    if not is_mapped:
        yield tell.observed(DifferenceKind.DESTINATION_NOT_MAPPED, one)
    if not rules:
        yield tell.observed(DifferenceKind.NO_RULE, one)
        return
    declared = {rule.basis.value for rule in rules}
    for basis in sorted(set(one.legal_bases) - declared):
        yield tell.legal_basis(one, basis, sorted(declared))
    if is_mapped:
        yield from _columns(material, one, rules)


def _columns(material: Material, one: Observed, rules: Sequence[Rule]) -> Iterator[Difference]:
    """Yield the columns that left and may not, or of which nobody knows what they hold."""
    fixed = frozenset(owed.field for rule in rules for owed in rule.obligations if owed.kind in _FILLED)
    received = material.policy.destinations[one.destination].data_categories
    permitted = received & {category for rule in rules for category in rule.data_categories}
    for column in sorted(list_unset(one.columns, fixed)):
        holding = material.categories.find(column)
        if not holding:
            yield tell.column_unknown(one, column)
        elif not holding & permitted:
            yield tell.column(one, column, sorted(holding))


def _is_declared(material: Material, one: Observed) -> bool:
    destination = material.policy.destinations.get(one.destination)
    return (
        destination is not None
        and one.purpose in destination.purposes
        and bool(material.policy.rules_for(one.purpose, one.controller))
    )


def _of_declared(
    material: Material, entries: Sequence[Entry], seen: Sequence[Observed], lately: timedelta
) -> Iterator[Difference]:
    """Yield the declared recipients to which nothing was seen to go, though it may."""
    last = _by_activity(material, seen)
    for entry in entries:
        for recipient in filter(_may_receive, entry.recipients):
            found = last.get((entry.purpose.slug, entry.controller.slug, recipient.slug))
            if found is None:
                yield tell.never_observed(entry, recipient)
            elif material.policy.in_force_from <= found < material.at - lately:
                yield tell.not_lately(entry, recipient, found, lately)


def _may_receive(recipient: Recipient) -> bool:
    return bool(recipient.permitted_in) and recipient.registration != "suspended"


def _by_activity(material: Material, seen: Sequence[Observed]) -> dict[tuple[str, str, str], datetime]:
    last: dict[tuple[str, str, str], datetime] = {}
    for one in seen:
        key = (one.purpose, one.controller, one.destination)
        seen_at = _last_seen(material, one)
        last[key] = max(seen_at, last.get(key, seen_at))
    return last
