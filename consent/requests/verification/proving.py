"""What follows when it is shown that a request is the person's own."""

from collections.abc import Iterable

from consent.ledger.queries import get_time
from consent.requests.clocks.changing import resume_after_proof
from consent.requests.intake.contents import add_proven
from consent.requests.intake.joining import join_if_repeated
from consent.requests.intake.starting import start
from consent.requests.models import Request
from consent.requests.moving import save
from consent.requests.people import index_person
from consent.requests.protocols.parts import end_proving
from consent.requests.rules.levels import is_enough
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, Level, Method
from consent.subjects.types import Identifier


def prove(
    request: Request,
    *,
    method: Method,
    identifiers: Iterable[Identifier],
    actor: Actor,
    officer_id: int | None = None,
) -> bool:
    """Take it that `identifiers` are the person's, and return whether the request goes on by that.

    One of which more is asked waits on, with its contact proven. One whose person has one like it open is
    joined to that.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable, SubjectStateUnreadable: if whom it is about
        cannot be read now.
    """
    shown = tuple(identifiers)
    add_proven(request, shown)
    index_person(request, shown, is_proven=True)
    enough = is_enough(method, Level(request.level))
    detail = {"method": method.value, "identifiers": len(shown), "enough": enough}
    tell(request, EventKind.VERIFIED, actor=actor, officer_id=officer_id, detail=detail)
    if not enough:
        save(request)
        return False
    request.verified_at, request.verified_by = get_time(), method.value
    save(request, "verified_at", "verified_by")
    resume_after_proof(request, at=request.verified_at)
    end_proving(request, at=request.verified_at)
    if not join_if_repeated(request):
        start(request, actor=actor, officer_id=officer_id)
    return True
