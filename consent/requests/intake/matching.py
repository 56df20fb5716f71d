"""Whom a request is about: of what was claimed, only what was proven counts, but for a no.

An address that somebody merely typed must not lead to anybody's data. One that was proven leads to the
subjects that it is on record of as verified, or of whom all that tells people apart was proven: whoever once
slipped their own address into somebody else's record proves nothing about that record.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from consent.requests import vault
from consent.requests.intake.contents import read_claims, read_proven
from consent.requests.models import Request
from consent.requests.people import same_place
from consent.requests.persons import keep_person
from consent.requests.types import CHOICES_ALONE, RequestType
from consent.subjects.queries import find_subjects, list_identifiers
from consent.subjects.types import HASHED_KINDS, Identifier, IdentifierKind, KnownIdentifier, SubjectRef

TELLING = frozenset(
    {IdentifierKind.CUSTOMER_ID, IdentifierKind.USER_ID, *HASHED_KINDS, *HASHED_KINDS.values()}
)
"""Kinds that tell people apart. Devices and browsers are used by several."""

_CONTACTS = {kind: kind for kind in HASHED_KINDS.values()} | HASHED_KINDS
"""Kinds by which a person is reached -> the kind that it is, hashed or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Whom a request leads to."""

    subjects: tuple[SubjectRef, ...] = ()
    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    """By which systems are asked."""
    uncertain: int = 0
    """Subjects that the proof leads to, without showing that they are this person: not taken."""
    unproven: int = 0
    """Identifiers that were claimed and not proven: not used."""


def match(request: Request) -> Match:
    """Return whom the request is about, as far as may be said.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if what was claimed cannot be read.
    :raises SubjectStateUnreadable: if what is on record of somebody cannot be.
    """
    claimed = read_claims(request).identifiers
    if RequestType(request.type) in CHOICES_ALONE:
        return Match(subjects=_sorted(_find(claimed)), identifiers=claimed)
    proven = read_proven(request)
    known = list_identifiers(_find(proven))
    certain = {ref: found for ref, found in known.items() if _is_certain(found, proven)}
    verified = [_as_identifier(one) for found in certain.values() for one in found if one.verified]
    return Match(
        subjects=_sorted(certain),
        identifiers=tuple(dict.fromkeys((*proven, *verified))),
        uncertain=len(known) - len(certain),
        unproven=sum(not _is_among(one, proven) for one in claimed),
    )


def keep_match(request: Request, found: Match) -> None:
    """Seal by what systems are asked, and set whom the request is about; the caller saves the row."""
    keep_person(request, vault.open_key(request), found.identifiers)
    request.subjects = list(found.subjects)


def _find(identifiers: Iterable[Identifier]) -> set[SubjectRef]:
    return {ref for refs in find_subjects([[one] for one in identifiers]) for ref in refs}


def _is_certain(known: Iterable[KnownIdentifier], proven: Iterable[Identifier]) -> bool:
    """Return whether the proof shows that this subject is the person who asks.

    Of each kind of contact that is verified on record, one has to be proven: a number or an address that
    came into somebody else's record by a form, which typed their contact beside it, proves nothing.
    """
    telling = [one for one in known if one.kind in TELLING]
    shown = [one for one in telling if _is_among(_as_identifier(one), proven)]
    verified = [one for one in telling if one.verified]
    if not verified:
        return bool(telling) and len(shown) == len(telling)
    contacts = {_CONTACTS[one.kind] for one in verified if one.kind in _CONTACTS}
    return any(one.verified for one in shown) and contacts <= {
        _CONTACTS[one.kind] for one in shown if one.verified and one.kind in _CONTACTS
    }


def _is_among(identifier: Identifier, others: Iterable[Identifier]) -> bool:
    return any(same_place(identifier, other) for other in others)


def _as_identifier(one: KnownIdentifier) -> Identifier:
    return Identifier(one.kind, one.value, one.verified, is_normalised=True)


def _sorted(refs: Iterable[SubjectRef]) -> tuple[SubjectRef, ...]:
    return tuple(sorted(refs))
