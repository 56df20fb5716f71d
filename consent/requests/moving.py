"""Changing a request: under its lock, by the table of transitions, each change told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from consent.ledger.queries import get_time
from consent.requests.clocks.keeping import refresh_deadlines
from consent.requests.models import Request
from consent.requests.protocols.callbacks.queueing import queue_news
from consent.requests.rules.transitions import may_follow
from consent.requests.run_events import end_run
from consent.requests.timeline import tell
from consent.requests.types import (
    CALLED_OFF,
    CLOSED,
    Actor,
    ChangedMeanwhile,
    EventKind,
    NotPossible,
    RequestNotFound,
    RequestState,
)


def lock_request(request_id: UUID | str, *, version: int | None = None) -> Request:
    """Return the request, locked until the transaction ends.

    `version` is what its reader saw: two officers who decide at once do not overwrite each other.

    :raises RequestNotFound: if there is none.
    :raises ChangedMeanwhile: if it is not at `version` any more.
    """
    request = Request.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise RequestNotFound("there is no such request")
    if version is not None and request.version != version:
        raise ChangedMeanwhile("somebody changed this request since you opened it: look at it again")
    return request


def save(request: Request, *fields: str) -> None:
    """Write `fields`, the next version, and the deadlines as they are now."""
    request.version += 1
    refresh_deadlines(request)
    request.save(update_fields={*fields, "version", *DEADLINE_FIELDS})
    queue_news(request)


DEADLINE_FIELDS = ("zone", "acknowledge_by", "due_on", "extended_due_on", "due_at")


def move(
    request: Request,
    to: RequestState,
    *,
    kind: EventKind,
    actor: Actor,
    officer_id: int | None = None,
    ground: str = "",
    detail: Mapping[str, Any] | None = None,
    fields: tuple[str, ...] = (),
) -> None:
    """Have a locked request go to the state `to`, tell it, and write what else changed in `fields`.

    :raises NotPossible: if it does not go there from where it is, or it is an erasure that has begun.
    """
    before = RequestState(request.state)
    if to in CALLED_OFF and request.approved_at is not None:
        raise NotPossible("this erasure was approved, and has begun: it can only be finished")
    if not may_follow(before, to):
        raise NotPossible(f"a request that is {before.value.replace('_', ' ')} cannot become {to.value}")
    request.state = to.value
    changed = {"state", *fields}
    if to in CLOSED:
        request.closed_at, request.ground = get_time(), ground if to is RequestState.REFUSED else ""
        changed |= {"closed_at", "ground"}
    tell(
        request,
        kind,
        actor=actor,
        officer_id=officer_id,
        before=before.value,
        after=to.value,
        ground=ground,
        detail=detail,
    )
    save(request, *changed)
    if to in CLOSED:
        end_run(request)
