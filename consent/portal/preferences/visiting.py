"""Visits: who is here, by what, and until when. The session holds the visit's id, and names nobody.

A visit's content is wrapped under the master key of its hour and never wrapped anew: it lives eight hours at
most. One whose master key was taken away is over, and its visitor comes back as they came.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpRequest

from consent.keys.types import KeyUnreadable
from consent.portal.models import Visit
from consent.portal.preferences.packing import LinkTerms
from consent.portal.preferences.sealing import seal, unseal
from consent.portal.types import Trust, Visitor
from consent.subjects.types import Identifier, IdentifierKind

_VISIT = "preferences_visit"
TOLD, RECEIPTS = "preferences_told", "preferences_receipts"
"""What a session holds for a visit's pages: it goes when the visit does."""
LIFETIMES: Mapping[Trust, timedelta] = {
    Trust.DEVICE: timedelta(hours=1),
    Trust.LINK: timedelta(hours=1),
    Trust.PROVEN: timedelta(minutes=30),
}
"""How long a visit lasts; of one that was proven, how long it may rest."""
LONGEST = timedelta(hours=8)
"""However busy it is, a proven visit ends then."""
_COARSE = timedelta(minutes=1)  # how exactly it is written down when a visitor was here last


def begin(request: HttpRequest, terms: LinkTerms, *, at: datetime) -> Visitor:
    """Begin a visit with the terms of a link or of a code, and end the one before.

    The session gets another key: one that somebody else gave the visitor leads nowhere.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    end(request)
    request.session.cycle_key()
    visit = Visit(
        id=uuid4(),
        controller=terms.controller,
        trust=terms.trust,
        purpose=terms.purpose,
        opened_at=at,
        expires_at=at + LIFETIMES[terms.trust],
    )
    identifiers = tuple(terms.identifiers)
    seal(visit, write_identifiers(identifiers))
    visit.save(force_insert=True)
    request.session[_VISIT] = str(visit.pk)
    return _visitor(visit, identifiers)


def read(request: HttpRequest, *, at: datetime) -> Visitor | None:
    """Return who is here; None: nobody, or not any more. Whoever was proven stays for as long as they go on.

    :raises KeysUnavailable: if the visit cannot be opened now.
    """
    pk = request.session.get(_VISIT)
    visit = Visit.objects.filter(pk=pk, expires_at__gt=at).order_by("pk").first() if pk else None
    if visit is None:
        return None
    try:
        identifiers = read_identifiers(unseal(visit))
    except KeyUnreadable:
        return None
    _prolong(visit, at)
    return _visitor(visit, identifiers)


def was_here(request: HttpRequest) -> bool:
    """Return whether this browser had a visit, be it over."""
    return _VISIT in request.session


def end(request: HttpRequest) -> None:
    """End the visit, if there is one, and forget what it held."""
    for name in (TOLD, RECEIPTS):
        request.session.pop(name, None)
    if pk := request.session.pop(_VISIT, None):
        Visit.objects.filter(pk=pk).delete()


def write_identifiers(identifiers: Iterable[Identifier]) -> list[list[Any]]:
    """Return identifiers as they are sealed."""
    return [[one.kind.value, one.value, one.verified] for one in identifiers]


def read_identifiers(content: Iterable[Iterable[Any]]) -> tuple[Identifier, ...]:
    """Return identifiers that were sealed."""
    return tuple(
        Identifier(IdentifierKind(kind), value, verified=verified, is_normalised=True)
        for kind, value, verified in content
    )


def _prolong(visit: Visit, at: datetime) -> None:
    if visit.trust != Trust.PROVEN:
        return
    until = min(at + LIFETIMES[Trust.PROVEN], visit.opened_at + LONGEST)
    if until - visit.expires_at >= _COARSE:
        Visit.objects.filter(pk=visit.pk).update(expires_at=until)
        visit.expires_at = until


def _visitor(visit: Visit, identifiers: tuple[Identifier, ...]) -> Visitor:
    return Visitor(
        visit_id=str(visit.pk),
        controller=visit.controller,
        trust=Trust(visit.trust),
        identifiers=identifiers,
        until=visit.expires_at,
        purpose=visit.purpose,
    )
