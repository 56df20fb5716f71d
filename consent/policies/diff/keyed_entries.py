"""What differs between two mappings of the document, whatever they hold."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from consent.policies.diff.field_words import changed_fields, field_changes, in_other_words, means_the_same
from consent.policies.diff.types import Effect, Entry, FieldChange, Kind

Fields = Mapping[str, Any]
Whole = Callable[[str, Fields], Iterator[Effect]]
"""Yields what it does that an entry came or went, by its key."""
Changed = Callable[[str, str, Fields, Fields], Iterator[Effect]]
"""Yields what it does that a field, named first, changed."""


def compare_keyed(
    section: str, before: Fields, after: Fields, *, added: Whole, removed: Whole, changed: Changed
) -> Iterator[Entry]:
    """Yield the entries of `section` that differ, in the order of the later text, those removed last."""
    old, new = before.get(section, {}), after.get(section, {})
    for key, entry in new.items():
        where = f"{section}.{key}"
        if key not in old:
            change = FieldChange(where, None, entry)
            yield _entry(key, entry, Kind.ADDED, tuple(added(key, entry)), (change,))
        elif changed_fields(old[key], entry):
            effects = tuple(_effects(key, old[key], entry, changed))
            yield _entry(key, entry, Kind.CHANGED, effects, field_changes(old[key], entry, where))
    for key, entry in old.items():
        if key not in new:
            change = FieldChange(f"{section}.{key}", entry, None)
            yield _entry(key, entry, Kind.REMOVED, tuple(removed(key, entry)), (change,))


def _entry(
    key: str, entry: Fields, kind: Kind, effects: tuple[Effect, ...], changes: tuple[FieldChange, ...]
) -> Entry:
    return Entry(key=key, title=str(entry.get("title", key)), kind=kind, effects=effects, changes=changes)


def _effects(key: str, old: Fields, new: Fields, changed: Changed) -> Iterator[Effect]:
    for name in changed_fields(old, new):
        if means_the_same(old.get(name), new.get(name), _DEFAULTS.get(name)):
            yield in_other_words(name, old.get(name), new.get(name))
        else:
            yield from changed(name, key, old, new)


_DEFAULTS: Mapping[str, Any] = {
    "special": False,
    "status": "active",
    "data_subjects": [],
    "requires": [],
    "opt_out_signals": [],
    "recipients": [],
    "properties": {},
}
