"""Erasing the rest, once the legal hold is over that had it kept: a request of its own, approved as well.

What the person asked for was closed as partly fulfilled, with a certificate. The rest has its own steps and
its own certificate. Whom to ask systems for is copied from the first request, which keeps it for as long.
"""

import secrets
from uuid import UUID

from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests import run_events, vault
from consent.requests.erasing.reports import sum_up
from consent.requests.models import Request, Step
from consent.requests.moving import lock_request, move
from consent.requests.rules.references import make_word
from consent.requests.timeline import tell
from consent.requests.types import (
    CLOSED,
    Actor,
    Channel,
    EventKind,
    NotPossible,
    RequestState,
    RequestType,
    StepAction,
)

_COPIED = (vault.PERSON, "claimed", "proven")
_LIKE = ("controller", "language", "jurisdiction", "jurisdiction_reason", "zone", "level", "verified_at")
_AS_VERIFIED = ("verified_by", "agent_id", "subjects")


@transaction.atomic
def erase_rest(request_id: UUID | str, *, officer_id: int) -> UUID:
    """Begin a request for what another one kept, and return its id; it waits to be proposed and approved.

    :raises RequestNotFound: if there is none.
    :raises NotPossible: if it is no erasure that kept something, or its rest is being erased.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if it cannot be read whom it was about.
    """
    before = lock_request(request_id)
    if not keeps_something(before) or before.continued_by.exclude(state__in=CLOSED).exists():
        raise NotPossible("this is no erasure that kept something, or its rest is being erased")
    at = get_time()
    rest = Request(
        reference=_make_reference(),
        type=RequestType.ERASURE,
        channel=Channel.OFFICER,
        received_at=at,
        due_at=at,
        continues=before,
        **{name: getattr(before, name) for name in (*_LIKE, *_AS_VERIFIED)},
    )
    key = vault.give_key(rest)
    rest.save(force_insert=True)
    _copy_parts(before, rest, key)
    detail = {"continues": before.reference}
    tell(rest, EventKind.RECEIVED, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
    run_events.begin_run(rest)
    started = {"actor": Actor.OFFICER, "officer_id": officer_id}
    move(rest, RequestState.IN_PROGRESS, kind=EventKind.STARTED, **started)  # type: ignore[arg-type]
    return rest.pk


def keeps_something(request: Request) -> bool:
    """Return whether the request is an erasure that was closed and kept rows, or keys, on a ground.

    As long as it does, and nobody has had the rest erased, what leads to the person is needed still.
    """
    if request.type != RequestType.ERASURE or request.state != RequestState.PARTLY_FULFILLED:
        return False
    steps = Step.objects.filter(request=request, action__in=[StepAction.ERASE, StepAction.DESTROY_KEYS])
    return any(one.kept for step in steps.order_by("pk") for one in sum_up(step.report))


def _copy_parts(before: Request, rest: Request, key: bytes) -> None:
    old_key = vault.open_key(before)
    for name in _COPIED:
        if content := vault.read_json(before, old_key, name):
            vault.write_json(rest, key, name, content)


def _make_reference() -> str:
    while Request.objects.filter(reference=(made := f"R-{make_word(secrets.choice)}")).exists():
        pass
    return made
