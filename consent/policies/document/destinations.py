"""Faults of destinations."""

from collections.abc import Iterator

from consent.policies.document.paths import Finding, fields_of
from consent.policies.document.references import undeclared


def find_destination_faults(document: object) -> Iterator[Finding]:
    """Yield the purposes and data categories of destinations that are not declared."""
    for slug, destination in fields_of(document, "destinations").items():
        for name in ("purposes", "data_categories"):
            yield from undeclared(document, name, destination, name, ("destinations", slug))
