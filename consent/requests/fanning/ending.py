"""What becomes of a step. It ends once: by the worker whose attempt it is, or by who answers for it.

Whoever changes a step locks its request first, and the step second. A worker names its attempt: once another
has claimed the step, or it was ended from outside, that attempt counts no more, and writes nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.requests.fanning.phases import go_on
from consent.requests.models import Request, Step
from consent.requests.moving import lock_request, save
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, NotPossible, Outcome, StepAction, StepState
from lineage.leases import claiming
from lineage.leases.rows import from_now

MOST_FAILURES = 16
"""So often a step may fail in a row, some eight hours long. Then it has failed, until an officer looks."""
_FIRST_REST = timedelta(seconds=10)
_LONGEST_REST = timedelta(hours=1)
_OPEN = frozenset({StepState.READY, StepState.WAITING, StepState.FAILED})
_LEFT = "something is still there: have it erased again, or go on without it"


class StepNotFound(AccordantError):
    """There is no such step."""

    code = "step_not_found"
    status = 404


@transaction.atomic
def complete_step(
    step_id: UUID | str,
    outcome: Outcome,
    *,
    officer_id: int | None = None,
    attempt: int | None = None,
    parts: int = 0,
) -> bool:
    """Write down what was done in a step, let the next phase begin, and return whether this call ended it.

    A worker names its `attempt`. Without one it is ended from outside: by the recipients, a call-back, an
    officer; then whatever a worker still does for it counts no more. False: it has ended already, or the
    attempt is not the step's any more. An outcome that says WAITING leaves the step to an answer from
    outside.
    If asking again has found something, the step has failed: what comes after it cannot be undone.

    :raises StepNotFound: if there is none.
    :raises NotPossible: if an earlier phase is not done.
    """
    request, step = lock_step(step_id)
    if not _may_end(step, attempt):
        return False
    if outcome.state is StepState.WAITING:
        _write(step, state=StepState.WAITING, reference=outcome.reference[:200], **_wait(step, outcome))
        return True
    state = outcome.state
    if step.action == StepAction.VERIFY_GONE and state is StepState.PARTLY_DONE and officer_id is None:
        _write(step, **_report(step, outcome), note=_LEFT)
        _fail(request, step, error=_LEFT)
        return True
    changes = {"ended_by_id": officer_id, "note": outcome.note[:500], "last_error": ""}
    reference = {"reference": outcome.reference[:200]} if outcome.reference else {}
    counts = _report(step, outcome)
    _end(request, step, state, parts=parts or step.parts, **counts, **reference, **changes)
    return True


@transaction.atomic
def fail_step(step_id: UUID | str, *, error: str, attempt: int | None = None) -> bool:
    """Have a step stay failed until an officer looks, and return whether this call did so.

    :raises StepNotFound: if there is none.
    :raises NotPossible: if an earlier phase is not done.
    """
    request, step = lock_step(step_id)
    if not _may_end(step, attempt) or step.state == StepState.FAILED:
        return False
    _fail(request, step, error=error)
    return True


def put_off_step(step: Step, *, error: str) -> bool:
    """Have a step that a worker holds tried again later, or fail if it failed too often.

    Return whether it was still this attempt's.
    """
    failures = step.failures + 1
    if failures >= MOST_FAILURES:
        return fail_step(step.pk, error=error, attempt=step.attempts)
    return claiming.put_off(step, error=error, delay=_rest(failures), failures=failures)


def ask_later(step: Step, outcome: Outcome, *, seconds: float) -> bool:
    """Have a step that a worker holds asked about again later, with what its system calls it.

    It has failed once nobody should wait for it any more. Return whether it was still this attempt's.
    """
    if step.waits_until is not None and step.waits_until <= get_time():
        late = "the system took it, and did not say in time that it is done"
        return fail_step(step.pk, error=late, attempt=step.attempts)
    told = {"reference": outcome.reference[:200] or step.reference, **_wait(step, outcome)}
    return claiming.end(step, next_attempt_at=from_now(timedelta(seconds=seconds)), failures=0, **told)


@transaction.atomic
def count_death(step_id: UUID) -> None:
    """Count it as a failure that a step's worker is gone: nobody has kept its lease, nor given it back."""
    request, step = lock_step(step_id)
    over = Step.objects.filter(pk=step.pk, state=StepState.READY, leased_until__lte=Now())
    error = "the worker that had this step is gone, or took too long"
    failures = step.failures + 1
    if not over.exists():
        return
    if failures >= MOST_FAILURES:
        _fail(request, step, error=error)
    else:
        rest = from_now(_rest(failures))
        over.update(leased_until=None, failures=failures, next_attempt_at=rest, last_error=error)


def lock_step(step_id: UUID | str) -> tuple[Request, Step]:
    """Return the step and its request, both locked until the transaction ends.

    :raises StepNotFound: if there is none.
    """
    request_id = Step.objects.filter(pk=step_id).values_list("request_id", flat=True).first()
    if request_id is None:
        raise StepNotFound("there is no such step")
    request = lock_request(request_id)
    return request, Step.objects.select_for_update(of=("self",)).select_related("system").get(pk=step_id)


def _may_end(step: Step, attempt: int | None) -> bool:
    if attempt is not None:
        return step.state == StepState.READY and step.attempts == attempt and step.leased_until is not None
    if step.state == StepState.BLOCKED:
        raise NotPossible("this step has not begun: an earlier one is not done")
    return step.state in _OPEN


def _fail(request: Request, step: Step, *, error: str) -> None:
    failed = {"failures": F("failures") + 1, "last_error": claiming.storable(error)}
    _write(step, state=StepState.FAILED, waits_until=None, **failed)
    _tell(request, step, StepState.FAILED)


def _end(request: Request, step: Step, state: StepState, **changes: Any) -> None:
    _write(step, state=state, ended_at=Now(), waits_until=None, **changes)
    _tell(request, step, state, officer_id=changes.get("ended_by_id"), counts=changes)
    go_on(request)


def end_by_officer(request: Request, step: Step, state: StepState, *, officer_id: int, note: str) -> None:
    """End a locked step as an officer says, and let the next phase begin."""
    _end(request, step, state, ended_by_id=officer_id, note=note[:500])


def block(step: Step) -> None:
    """Have a locked step be as if it had not begun. What it reported of erasing stays told."""
    kept = {} if step.action == StepAction.ERASE else {"report": [], "found": 0, "done": 0, "kept": 0}
    fresh = {"failures": 0, "parts": 0, "reference": "", "note": "", "last_error": "", "callback_hash": ""}
    times = {"waits_until": None, "ended_at": None, "ended_by_id": None}
    _write(step, state=StepState.BLOCKED, **kept, **fresh, **times)


def _write(step: Step, **changes: Any) -> None:
    """Write what a locked step is now. Its attempts go up: whoever had it before writes nothing any more."""
    free = {"leased_until": None, "next_attempt_at": None, "attempts": F("attempts") + 1}
    Step.objects.filter(pk=step.pk).update(**{**free, **changes})


def _wait(step: Step, outcome: Outcome) -> dict[str, Any]:
    hours = step.system.answers_within_hours if step.system else 72
    until = Coalesce(F("waits_until"), from_now(timedelta(hours=hours)))
    return {"waits_until": until, "note": outcome.note[:500], "last_error": ""}


def _report(step: Step, outcome: Outcome) -> dict[str, Any]:
    """Return what the step reports. What an earlier round erased stays told."""
    earlier = step.report if step.action == StepAction.ERASE else []
    report = [*earlier, *(asdict(one) for one in outcome.datasets)]
    return {
        "report": report,
        **{name: sum(one[name] for one in report) for name in ("found", "done", "kept")},
    }


def _tell(
    request: Request,
    step: Step,
    state: StepState,
    *,
    officer_id: int | None = None,
    counts: Mapping[str, Any] | None = None,
) -> None:
    told = {name: counts[name] for name in ("found", "done", "kept") if counts and name in counts}
    where = {"system": step.system.slug} if step.system else {}
    detail = {"step": str(step.pk), "action": step.action, "state": state.value, **where, **told}
    actor = Actor.SYSTEM if officer_id is None else Actor.OFFICER
    tell(request, EventKind.STEP_ENDED, actor=actor, officer_id=officer_id, detail=detail)
    if not request.is_closed:
        save(request)


def _rest(failures: int) -> timedelta:
    return claiming.back_off(failures, first=_FIRST_REST, longest=_LONGEST_REST)
