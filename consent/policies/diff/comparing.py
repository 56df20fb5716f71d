"""What differs between two texts of a policy.

Directions hold for the texts as a whole, because each part is judged on a ground on which the parts before
it have changed already: groups and special categories, then rules, then recipients.
"""

from collections.abc import Callable, Iterator, Mapping

from consent.policies.diff.destination_entries import compare_destinations
from consent.policies.diff.field_words import field_changes, rewritten
from consent.policies.diff.keyed_entries import Fields
from consent.policies.diff.names import Names
from consent.policies.diff.notice_entries import compare_notices
from consent.policies.diff.place_entries import compare_controllers, compare_jurisdictions
from consent.policies.diff.property_entries import compare_properties
from consent.policies.diff.purpose_entries import compare_data_categories, compare_purposes
from consent.policies.diff.rule_entries import compare_rules
from consent.policies.diff.types import Comparison, Entry, Kind, Section

_HEAD = ("schema", "policy", "title")


def compare(before: Fields, after: Fields) -> Comparison:
    """Return what differs from `before` to `after`, two documents that passed validation."""
    names = Names(before, after)
    found = ((name, tuple(part(before, after, names))) for name, part in SECTIONS.items())
    return Comparison(tuple(Section(name, entries) for name, entries in found if entries))


def _head(before: Fields, after: Fields, _: Names) -> Iterator[Entry]:
    old, new = ({name: one.get(name) for name in _HEAD} for one in (before, after))
    if old != new:
        changed = [name for name in _HEAD if old[name] != new[name]]
        yield Entry(
            key="policy",
            title=str(after.get("title", "")),
            kind=Kind.CHANGED,
            effects=tuple(rewritten(name, old[name], new[name]) for name in changed),
            changes=field_changes(old, new, "(document)"),
        )


SECTIONS: Mapping[str, Callable[[Fields, Fields, Names], Iterator[Entry]]] = {
    "policy": _head,
    "rules": compare_rules,
    "destinations": compare_destinations,
    "notices": compare_notices,
    "purposes": compare_purposes,
    "controllers": compare_controllers,
    "jurisdictions": compare_jurisdictions,
    "request properties": compare_properties,
    "data categories": compare_data_categories,
}
"""The parts in the order in which they are shown: what decides most comes first."""
