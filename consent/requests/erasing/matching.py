"""Whom an erasure is about, at the moment of its approval.

Links count less here than for a no. Who types somebody else's address into a form may be linked to them, and
must not have them erased by it. So of those who are linked to the proven ones, only these are taken: whom
nothing tells apart from others, as a browser, and whom an officer linked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.requests.intake.matching import TELLING, match
from consent.requests.models import Request
from consent.requests.types import Person
from consent.subjects import queries as subjects
from consent.subjects.rules import group_refs
from consent.subjects.types import ALWAYS_VERIFIED, Identifier, KnownIdentifier, SubjectGroup, SubjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The subjects of one person, and all that leads to them."""

    living: tuple[SubjectRef, ...]
    """Those to be erased: matched when the request began, matched now, or linked so that it shows as much."""
    erased: tuple[SubjectRef, ...]
    """Those that were erased before."""
    spared: tuple[SubjectRef, ...]
    """Those that the person began anew since the request came in: it says nothing of them."""
    unproven: tuple[SubjectRef, ...]
    """Those linked to the person that may be somebody else: they stay unless an officer links them."""
    identifiers: tuple[Identifier, ...] = field(repr=False)
    """As the person proved them, and what is verified of them on record. Who once had somebody else's address
    written into their own record has not made that other person's rows theirs."""


def match_person(request: Request, person: Person) -> Matched:
    """Return whom the request is about; nobody, if nobody on record is.

    Who became known since it began is taken by the same proof; an address alone leads to nobody.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if what was proven cannot be read.
    :raises SubjectStateUnreadable: if an identifier on record does not open.
    """
    given = [Identifier(kind, value) for kind, values in person.identifiers.items() for value in values]
    seeds = frozenset({*match(request).subjects, *map(SubjectRef, request.subjects)})
    [group] = subjects.list_groups_asking([seeds])
    standing = _standing(group, seeds)
    alive = {one.ref for one in group.members if one.ref in standing and one.erased_at is None}
    known = subjects.list_identifiers(alive)
    shown = _shown(group, seeds, known)
    living = alive & shown
    spared = subjects.list_started_anew(living - set(request.subjects), after=request.received_at)
    return Matched(
        living=tuple(sorted(living - spared)),
        erased=tuple(sorted(shown - alive)),
        spared=tuple(sorted(spared)),
        unproven=tuple(sorted(alive - living)),
        identifiers=(
            *given,
            *(
                Identifier(one.kind, one.value)
                for ref, kept in sorted(known.items())
                for one in kept
                if ref in living - spared and (one.verified or one.kind in ALWAYS_VERIFIED)
            ),
        ),
    )


def _standing(group: SubjectGroup, seeds: frozenset[SubjectRef]) -> frozenset[SubjectRef]:
    """Return `seeds`, and those that are one person with them by links that stand now."""
    links = [link for link in group.links if link.unlinked_at is None]
    groups = group_refs(refs=seeds, links=links)
    return frozenset(ref for seed in seeds for ref in groups[seed])


def _shown(
    group: SubjectGroup,
    seeds: frozenset[SubjectRef],
    known: Mapping[SubjectRef, tuple[KnownIdentifier, ...]],
) -> frozenset[SubjectRef]:
    """Return `seeds`, and those that are linked to them in a way that shows that they are the same person."""
    by_officers = subjects.list_linked_by_officers(one.ref for one in group.members)
    told_apart = {ref for ref, kept in known.items() if any(one.kind in TELLING for one in kept)} - seeds
    links = [
        link
        for link in group.links
        if link.unlinked_at is None
        and ((link.left, link.right) in by_officers or not told_apart & {link.left, link.right})
    ]
    groups = group_refs(refs=seeds, links=links)
    return frozenset(ref for seed in seeds for ref in groups[seed])
