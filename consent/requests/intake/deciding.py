"""What becomes of a request: what officers decide about it, and what ends it by itself."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from consent.ledger.queries import get_time
from consent.policies.queries import explain_code
from consent.requests import vault
from consent.requests.intake.checking import RequestMalformed
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request
from consent.requests.moving import lock_request, move, save
from consent.requests.rules import codes
from consent.requests.rules.appeals import WINDOW
from consent.requests.timeline import tell
from consent.requests.types import (
    Actor,
    EventKind,
    MailTemplate,
    NotPossible,
    RefusalGround,
    RequestState,
    RequestType,
)
from consent.requests.verification.contacts import find_address

ANSWER = "answer"
"""The sealed part that holds what the person was told at the end."""


@transaction.atomic
def decide_jurisdiction(
    request_id: UUID | str, *, jurisdiction: str, reason: str, officer_id: int, version: int
) -> Request:
    """Have an officer decide whose law speaks; the dates follow it.

    :raises RequestNotFound, ChangedMeanwhile: as `lock_request`.
    :raises NotPossible: if the request is closed, or no reason is given.
    :raises RequestMalformed: if there is no such jurisdiction.
    """
    request = lock_request(request_id, version=version)
    if request.is_closed or not reason.strip():
        raise NotPossible("a request that goes on is decided about, with a reason")
    if explain_code(jurisdiction) is not None:
        raise RequestMalformed("jurisdiction: a code such as DE or US-CA is expected")
    before, request.jurisdiction = request.jurisdiction, jurisdiction.strip().upper()
    request.jurisdiction_reason = reason.strip()[:300]
    tell(
        request,
        EventKind.JURISDICTION_DECIDED,
        actor=Actor.OFFICER,
        officer_id=officer_id,
        detail={"before": before, "after": request.jurisdiction},
    )
    save(request, "jurisdiction", "jurisdiction_reason")
    return request


@transaction.atomic
def refuse(
    request_id: UUID | str, *, ground: RefusalGround, explanation: str, officer_id: int, version: int
) -> Request:
    """Refuse a request on a ground, and have the person told why, and how to complain or appeal (Art. 12(4)).

    :raises RequestNotFound, ChangedMeanwhile: as `lock_request`.
    :raises NotPossible: if it cannot be refused: it is closed, nobody explains why, or it would tell whoever
        asks, and has not shown who they are, that there is no data.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if the explanation cannot be sealed.
    """
    request = lock_request(request_id, version=version)
    if not explanation.strip():
        raise NotPossible("the person is told why: an explanation is needed")
    if ground is RefusalGround.NO_DATA and request.verified_at is None:
        raise NotPossible("whether there is data is told to nobody who has not shown who they are")
    move(
        request,
        RequestState.REFUSED,
        kind=EventKind.REFUSED,
        actor=Actor.OFFICER,
        officer_id=officer_id,
        ground=ground.value,
    )
    until = (get_time() + WINDOW).date().isoformat()
    context = {"ground": ground.value, "reason": explanation.strip(), "appeal_until": until}
    _answer(request, MailTemplate.REFUSED, context)
    return request


@transaction.atomic
def fulfil(
    request_id: UUID | str,
    *,
    officer_id: int,
    version: int,
    partly: bool = False,
    explanation: str = "",
) -> Request:
    """End a request that is in review as fulfilled, or partly so; the person is told what was done.

    Packages and erasures have ends of their own, and mails: this is for what an officer answers.

    :raises RequestNotFound, ChangedMeanwhile: as `lock_request`.
    :raises NotPossible: if it is not in review, or was fulfilled partly and nobody explains what was not.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if the explanation cannot be sealed.
    """
    request = lock_request(request_id, version=version)
    if request.state != RequestState.IN_REVIEW:
        raise NotPossible("only a request in review is answered")
    if partly and not explanation.strip():
        raise NotPossible("the person is told what was not done, and why: an explanation is needed")
    to, kind = (
        (RequestState.PARTLY_FULFILLED, EventKind.PARTLY_FULFILLED)
        if partly
        else (RequestState.FULFILLED, EventKind.FULFILLED)
    )
    move(request, to, kind=kind, actor=Actor.OFFICER, officer_id=officer_id)
    context = {"partly": "yes" if partly else "", "reason": explanation.strip()}
    _answer(request, MailTemplate.FULFILLED, {name: value for name, value in context.items() if value})
    return request


@transaction.atomic
def cancel(
    request_id: UUID | str, *, actor: Actor, officer_id: int | None = None, version: int | None = None
) -> Request:
    """End a request because its person takes it back.

    :raises RequestNotFound, ChangedMeanwhile: as `lock_request`.
    :raises NotPossible: if it is closed.
    """
    request = lock_request(request_id, version=version)
    if request.type in _STANDS_ONCE_SAID and request.state != RequestState.RECEIVED:
        raise NotPossible("a no that was recorded is taken back by choosing anew, not by ending the request")
    move(request, RequestState.CANCELLED, kind=EventKind.CANCELLED, actor=actor, officer_id=officer_id)
    return request


_STANDS_ONCE_SAID = frozenset(
    {RequestType.OPT_OUT, RequestType.LIMIT_SENSITIVE, RequestType.OBJECTION, RequestType.WITHDRAWAL}
)


def expire_stale(*, at: datetime, limit: int = 500) -> int:
    """End up to `limit` requests whose persons never proved anything in time, and return how many.

    One whose contact was proven, that was guessed at until it locked, or whose clock an officer let stand
    still because they asked for something, waits for an officer instead.
    """
    waiting = Request.objects.filter(
        state=RequestState.VERIFYING, received_at__lt=at - settings.VERIFIED_WITHIN, paused_at__isnull=True
    ).exclude(verifications__verified_at__isnull=False)
    ids = list(waiting.order_by("received_at", "pk").values_list("pk", flat=True)[:limit])
    return sum(_expire(request_id) for request_id in ids)


@transaction.atomic
def _expire(request_id: UUID) -> bool:
    request = lock_request(request_id)
    is_waiting = request.state == RequestState.VERIFYING and request.paused_at is None
    if not is_waiting or _has_shown_anything(request):
        return False
    move(request, RequestState.EXPIRED, kind=EventKind.EXPIRED, actor=Actor.SYSTEM)
    _write_to(request, MailTemplate.EXPIRED, {})
    return True


def _has_shown_anything(request: Request) -> bool:
    tries = sum(request.verifications.values_list("attempts", flat=True))
    shown = request.verifications.filter(verified_at__isnull=False).exists()
    return shown or tries >= codes.ATTEMPTS_PER_REQUEST


def _answer(request: Request, template: MailTemplate, context: dict[str, str]) -> None:
    """Seal what the person is told, and have it sent."""
    vault.write_json(request, vault.open_key(request), ANSWER, context)
    _write_to(request, template, context)


def _write_to(request: Request, template: MailTemplate, context: dict[str, str]) -> None:
    if (address := find_address(request)) is not None:
        queue_mail(request, template, to=address.value, context=context, by_sms=address.is_sms)
