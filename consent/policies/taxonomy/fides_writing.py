"""Writes an organisation's terms, and what a policy lets recipients have, as a manifest of Fides.

The form is that of fideslang 3.1 (https://github.com/ethyca/fideslang).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from consent.policies.document.writing import dump_yaml
from consent.policies.taxonomy.terms import Term, TermKind
from consent.policies.taxonomy.vocabulary import load_fideslang

_HEAD = """\
# A manifest for Fides (fideslang 3.1), written by Accordant.
# Rules, legal bases by jurisdiction, notices, ages and obligations have no place in it.
"""


def write_manifest(terms: Iterable[Term], document: Mapping[str, Any] | None = None) -> str:
    """Return a manifest of `terms`, with one system for each destination of the policy `document`.

    A system declares one use for each active purpose it may receive data for, with the data categories that
    the purpose and the destination have in common.
    """
    manifest: dict[str, Any] = {}
    ordered = sorted(terms, key=lambda term: term.key)
    for kind in TermKind:
        if entries := [_entry(term) for term in ordered if term.kind is kind]:
            manifest[kind.value] = entries
    if document is not None:
        manifest["system"] = [_system(document, slug) for slug in sorted(document["destinations"])]
    return _HEAD + dump_yaml(manifest)


def _entry(term: Term) -> dict[str, Any]:
    """Return the term as Fides has it. Of its own terms it wants to know since when they are its own."""
    entry: dict[str, Any] = {"fides_key": term.key, "name": term.name}
    if term.description:
        entry["description"] = term.description
    if term.parent:
        entry["parent_key"] = term.parent
    if shipped := load_fideslang().get((term.kind, term.key)):
        entry |= {"version_added": shipped.added}
        if shipped.deprecated:
            entry |= {"version_deprecated": shipped.deprecated, "replaced_by": shipped.replaced_by}
        entry |= {"is_default": True}
    return entry | {"active": term.active}


def _system(document: Mapping[str, Any], slug: str) -> dict[str, Any]:
    destination = document["destinations"][slug]
    return {
        "fides_key": slug,
        "name": destination["title"],
        "system_type": destination["kind"],
        "privacy_declarations": list(_declarations(document, destination)),
    }


def _declarations(document: Mapping[str, Any], destination: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    received = set(destination["data_categories"])
    for slug in sorted(destination["purposes"]):
        purpose = document["purposes"][slug]
        slugs = [one for one in purpose["data_categories"] if one in received]
        if purpose.get("status", "active") != "active" or not slugs:
            continue  # nothing flows
        categories = [document["data_categories"][one] for one in slugs]
        yield {
            "name": slug,
            "data_use": purpose["data_use"],
            "data_categories": sorted({category["data_category"] for category in categories}),
            "data_subjects": sorted(purpose.get("data_subjects", [])),
            "processes_special_category_data": any(one.get("special", False) for one in categories),
        }
