"""What officers do about a step: have it tried again, go on without it, finish a human task."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from consent.requests.fanning import ending, phases
from consent.requests.fanning.collecting import count_taken, seal_rows
from consent.requests.models import Request, Step
from consent.requests.moving import lock_request, move, save
from consent.requests.rules.phases import OWN_ACTIONS
from consent.requests.timeline import tell
from consent.requests.types import (
    Actor,
    DatasetReport,
    EventKind,
    NotPossible,
    Outcome,
    RequestState,
    StepAction,
    StepState,
)

_TRIED_AGAIN = frozenset(
    {StepState.FAILED, StepState.WAITING, StepState.READY, StepState.PARTLY_DONE, StepState.SKIPPED}
)
_GONE_WITHOUT = frozenset({StepState.FAILED, StepState.WAITING, StepState.READY})
_STATES = frozenset({RequestState.IN_PROGRESS, RequestState.IN_REVIEW})


@transaction.atomic
def retry_step(step_id: UUID | str, *, officer_id: int, version: int) -> None:
    """Have a step carried out anew. If asking again found something, it is erased again first.

    Steps behind it that have not ended wait for it. A request in review is in progress again.

    :raises ending.StepNotFound: if there is none.
    :raises ChangedMeanwhile: if the request is not at `version` any more.
    :raises NotPossible: if it cannot be tried again: it is done, or has not begun, or its request is over.
    """
    request, step = _lock(step_id, version)
    if step.state not in _TRIED_AGAIN or (StepState(step.state) is StepState.READY and step.leased_until):
        raise NotPossible("this step is not one that can be tried again now")
    again = _list_again(request, step)
    for one in again:
        ending.block(one)
    phases.block_after(request, min(one.phase for one in again))
    detail = {"step": str(step.pk), "action": step.action, "state": step.state}
    if request.state == RequestState.IN_REVIEW:
        told = {"actor": Actor.OFFICER, "officer_id": officer_id, "detail": detail}
        move(request, RequestState.IN_PROGRESS, kind=EventKind.STEP_RETRIED, **told)  # type: ignore[arg-type]
    else:
        tell(request, EventKind.STEP_RETRIED, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
        save(request)
    phases.go_on(request)


@transaction.atomic
def skip_step(step_id: UUID | str, *, reason: str, officer_id: int, version: int) -> None:
    """Go on without a step. The reason stands with it, in the case and in the certificate.

    What a request says is always recorded, and keys are always destroyed: those steps cannot be left out.

    :raises ending.StepNotFound: if there is none.
    :raises ChangedMeanwhile: if the request is not at `version` any more.
    :raises NotPossible: if no reason is given, or the step has ended, or has not begun, or must be done.
    """
    request, step = _lock(step_id, version)
    if not reason.strip():
        raise NotPossible("say why the request goes on without this step")
    if step.state not in _GONE_WITHOUT or step.action in OWN_ACTIONS:
        raise NotPossible("a request cannot go on without this step")
    ending.end_by_officer(request, step, StepState.SKIPPED, officer_id=officer_id, note=reason.strip())


@transaction.atomic
def finish_task(
    step_id: UUID | str,
    *,
    state: StepState,
    datasets: tuple[DatasetReport, ...] = (),
    rows: Iterable[tuple[str, Mapping[str, Any]]] = (),
    note: str = "",
    officer_id: int,
    version: int,
) -> None:
    """End a step that waits, as the officer found it done: a human task, or a system that never answered.

    `state` is DONE, or PARTLY_DONE with a note on what was not. `rows`, each with its dataset, are what a
    human found for somebody who asked for access.

    :raises ending.StepNotFound: if there is none.
    :raises ChangedMeanwhile: if the request is not at `version` any more.
    :raises NotPossible: if it does not wait for an officer, or says no such thing.
    """
    request, step = _lock(step_id, version)
    if step.state != StepState.WAITING or step.action == StepAction.TELL_RECIPIENTS:
        raise NotPossible("this step does not wait for an officer")
    if state not in {StepState.DONE, StepState.PARTLY_DONE} or (
        state is StepState.PARTLY_DONE and not note.strip()
    ):
        raise NotPossible("a task is done, or partly done with a note on what was not")
    outcome, parts = Outcome(state=state, datasets=datasets, note=note.strip()), 0
    if step.action == StepAction.COLLECT:
        counted, parts = seal_rows(request, step, rows)
        outcome = count_taken(outcome, counted, is_full=False) if counted else outcome
    ending.complete_step(step.pk, outcome, officer_id=officer_id, parts=parts)


def _lock(step_id: UUID | str, version: int) -> tuple[Request, Step]:
    request, step = ending.lock_step(step_id)
    lock_request(request.pk, version=version)
    if request.state not in _STATES:
        raise NotPossible("nothing is done for this request now")
    return request, step


def _list_again(request: Request, step: Step) -> list[Step]:
    """Return which steps are done anew: of one that asked again and found something, the erasure too."""
    if step.action != StepAction.VERIFY_GONE:
        return [step]
    erasure = request.steps.filter(system=step.system_id, action=StepAction.ERASE)
    return [*erasure.order_by("pk"), step]
