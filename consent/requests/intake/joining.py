"""A request that was made before: it is joined to that one, once both are proven to be by the same person.

What nobody has proven joins nothing and is joined to nothing: whoever files a request in somebody else's name
can neither see nor stop what that person asks for.
"""

import hashlib

from django.db import connection

from consent.requests import moving
from consent.requests.intake.contents import read_proven
from consent.requests.models import Request
from consent.requests.people import find_requests, list_indexes, list_proven
from consent.requests.timeline import tell
from consent.requests.types import CLOSED, Actor, EventKind, RequestState, RequestType

JOINED_TYPES = frozenset(
    {RequestType.ACCESS, RequestType.PORTABILITY, RequestType.ERASURE, RequestType.RESTRICTION}
)
"""Of these, the second asks for nothing that the first does not. A no has a time of its own, and a correction
what it says: each of them counts."""


def join_if_repeated(request: Request) -> bool:
    """End a locked request that was just verified, if its person has one like it open; return whether."""
    if RequestType(request.type) not in JOINED_TYPES:
        return False
    proven = [list_indexes(one) for one in read_proven(request)]
    _take_turns(request, proven)
    found = _find_same(request, proven)
    if found is None:
        return False
    older = moving.lock_request(found.pk)
    if older.is_closed:  # meanwhile
        return False
    tell(older, EventKind.JOINED, actor=Actor.SYSTEM, detail={"joined": request.reference})
    moving.save(older)
    request.joined_to = older
    moving.move(
        request,
        RequestState.CANCELLED,
        kind=EventKind.CANCELLED,
        actor=Actor.SYSTEM,
        detail={"joined_to": older.reference},
        fields=("joined_to",),
    )
    return True


def _find_same(request: Request, proven: list[frozenset[tuple[str, bytes]]]) -> Request | None:
    """Return the oldest open request whose person proved exactly the same."""
    ids = find_requests(read_proven(request))
    same_kind = (
        Request.objects.filter(pk__in=ids, type=request.type, controller=request.controller)
        .filter(verified_at__isnull=False)
        .exclude(pk=request.pk)
        .exclude(state__in=CLOSED)
        .order_by("received_at", "pk")
    )
    indexes = list_proven(ids)
    return next((one for one in same_kind if _is_same(proven, indexes.get(one.pk, frozenset()))), None)


def _is_same(proven: list[frozenset[tuple[str, bytes]]], other: frozenset[tuple[str, bytes]]) -> bool:
    """Return whether the two are one set of identifiers, under whichever versions of the key."""
    return other <= frozenset().union(*proven) and all(one & other for one in proven)


def _take_turns(request: Request, proven: list[frozenset[tuple[str, bytes]]]) -> None:
    """Let two requests of one person that are verified at the same moment see each other."""
    for one in sorted(min(indexes) for indexes in proven):
        name = hashlib.sha256(
            f"{request.type} {request.controller} {one[0]} {one[1].hex()}".encode()
        ).digest()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(name[:8], "big", signed=True)])
