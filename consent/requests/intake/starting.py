"""Beginning with a request: whom it is about, which law speaks, and what has to be done."""

from consent.requests import moving, run_events
from consent.requests.fanning.planning import plan_steps
from consent.requests.intake.appealing import tell_appealed
from consent.requests.intake.matching import keep_match, match
from consent.requests.intake.suggesting import suggest_jurisdiction
from consent.requests.models import Request
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, RequestState, RequestType


def start(request: Request, *, actor: Actor = Actor.SYSTEM, officer_id: int | None = None) -> None:
    """Begin with a locked request that is verified, or of which nobody asks that.

    An erasure waits for its approval before anything is planned.

    :raises NotPossible: if it is not at its beginning.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable, SubjectStateUnreadable: if whom it is about
        cannot be read now.
    """
    found = match(request)
    keep_match(request, found)
    counts = {
        "subjects": len(found.subjects),
        "uncertain": found.uncertain,
        "unproven": found.unproven,
    }
    tell(request, EventKind.MATCHED, actor=Actor.SYSTEM, detail=counts)
    suggest_jurisdiction(request)
    run_events.begin_run(request)
    moving.move(
        request,
        RequestState.IN_PROGRESS,
        kind=EventKind.STARTED,
        actor=actor,
        officer_id=officer_id,
        fields=("subjects", "jurisdiction", "jurisdiction_reason"),
    )
    if request.appeal_of_id is not None:
        tell_appealed(request)
    if RequestType(request.type) is not RequestType.ERASURE:
        plan_steps(request)
