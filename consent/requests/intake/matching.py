"""Whom a request is about: of what was claimed, only what was proven counts."""

from dataclasses import dataclass, field

from consent.requests import vault
from consent.requests.models import Request
from consent.subjects.index import place_of
from consent.subjects.queries import find_subjects, list_identifiers
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Whom a request leads to."""

    subjects: tuple[SubjectRef, ...] = ()
    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)


def match(request: Request) -> Match:
    """Return the living subjects of which a verified identifier, or every one, was proven."""
    content = vault.read_json(request, vault.open_key(request), "proven").get("identifiers", ())
    proven = tuple(
        Identifier(IdentifierKind(row["kind"]), row["value"], row["verified"], is_normalised=True)
        for row in content
    )
    places = {place_of(one) for one in proven}
    known = list_identifiers({ref for refs in find_subjects([[one] for one in proven]) for ref in refs})
    certain = set()
    for ref, found in known.items():
        shown = [one for one in found if place_of(Identifier(one.kind, one.value)) in places]
        if len(shown) == len(found) or any(one.verified for one in shown):
            certain.add(ref)
    return Match(subjects=tuple(sorted(certain)), identifiers=proven)
