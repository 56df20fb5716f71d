"""Which steps of a request may be carried out now: those of the first phase that is not done."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Min, QuerySet
from django.db.models.functions import Now

from consent.requests.fanning import finishing
from consent.requests.fanning.waking import wake_for_steps
from consent.requests.models import Request, Step
from consent.requests.rules.phases import ANSWERED_ELSEWHERE
from consent.requests.types import STEP_ENDED, RequestState, StepState
from lineage.leases.rows import from_now

_ANSWERED_WITHIN = timedelta(hours=72)


def go_on(request: Request) -> None:
    """Let the next phase of a locked request begin, or have the request finished if none is left.

    Calling it again changes nothing while the phase lasts.
    """
    if request.state != RequestState.IN_PROGRESS or not request.steps.exists():
        return
    left = request.steps.exclude(state__in=STEP_ENDED)
    phase = left.aggregate(first=Min("phase"))["first"]
    if phase is None:
        finishing.finish(request)
    else:
        _open(left.filter(phase=phase, state=StepState.BLOCKED))


def block_after(request: Request, phase: int) -> None:
    """Have what stands behind `phase`, and has not ended, wait again: something before it is done anew."""
    later = request.steps.filter(phase__gt=phase, state__in=(StepState.READY, StepState.WAITING))
    free = {"leased_until": None, "next_attempt_at": None, "attempts": F("attempts") + 1}
    later.update(state=StepState.BLOCKED, waits_until=None, **free)


def _open(blocked: QuerySet[Step]) -> None:
    elsewhere = blocked.filter(action__in=ANSWERED_ELSEWHERE)
    waiting = {"state": StepState.WAITING, "started_at": Now(), "waits_until": from_now(_ANSWERED_WITHIN)}
    elsewhere.update(**waiting)
    if blocked.update(state=StepState.READY, next_attempt_at=None):
        transaction.on_commit(wake_for_steps)
