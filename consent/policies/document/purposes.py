"""Faults of purposes."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from consent.policies.document.paths import Finding, fields_of, texts_of
from consent.policies.document.references import undeclared


def find_purpose_faults(document: object) -> Iterator[Finding]:
    """Yield names that are not declared, and purposes that require each other in a circle."""
    purposes = fields_of(document, "purposes")
    for slug, purpose in purposes.items():
        yield from undeclared(document, "data_categories", purpose, "data_categories", ("purposes", slug))
        yield from undeclared(document, "purposes", purpose, "requires", ("purposes", slug))
    requires = {
        slug: {required for _, required in texts_of(entry, "requires")} for slug, entry in purposes.items()
    }
    while cycle := _find_cycle(requires):
        first, second = cycle[0], cycle[1]
        requires[first].discard(second)
        index = next(index for index, slug in texts_of(purposes[first], "requires") if slug == second)
        chain = ", which requires ".join(repr(slug) for slug in cycle)
        yield Finding(("purposes", first, "requires", index), f"{chain}: purposes may not require each other")


def _find_cycle(requires: dict[str, set[str]]) -> list[str]:
    """Return purposes of which each requires the next, with the first again at the end, or nothing."""
    try:
        TopologicalSorter(requires).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return _from_smallest(cycle[::-1])
    return []


def _from_smallest(cycle: list[str]) -> list[str]:
    """Begin at the first name of the alphabet, so that one document always gives one report."""
    ring = cycle[:-1]
    start = ring.index(min(ring))
    return [*ring[start:], *ring[:start], ring[start]]
