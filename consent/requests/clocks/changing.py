"""Officers' hands on a clock: having it stand still, letting it go on, and extending it once."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from consent.policies.law.types import Clock
from consent.policies.queries import get_clocks
from consent.requests.clocks.keeping import read_deadlines
from consent.requests.clocks.kinds import choose_clock
from consent.requests.clocks.pauses import pause_rule
from consent.requests.clocks.timed import AT, UNTIL
from consent.requests.clocks.wording import day_words
from consent.requests.clocks.zones import day_of, end_of, zone_of
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request
from consent.requests.moving import lock_request, save
from consent.requests.timeline import tell
from consent.requests.types import (
    Actor,
    EventKind,
    ExtensionGround,
    MailTemplate,
    NotPossible,
    PauseGround,
    RequestType,
)
from consent.requests.verification.contacts import find_address


@transaction.atomic
def pause(
    request_id: UUID | str,
    *,
    ground: PauseGround,
    officer_id: int | None,
    version: int | None = None,
    at: datetime,
) -> Request:
    """Have the clock stand still from `at` on, until `resume`, and tell the person what is wanted.

    :raises NotPossible: if the law does not let it stand still for `ground`, if it stands still already, or
        if the request is closed or overdue.
    :raises RequestNotFound, ChangedMeanwhile: see `lock_request`.
    """
    request = _open_request(request_id, version)
    if request.paused_at is not None:
        raise NotPossible("the clock of this request stands still already")
    _refuse_unknown_pause(request, ground)
    if at >= request.due_at:
        raise NotPossible("the time of this request is over: a clock that has run out cannot stand still")
    request.paused_at = at
    detail = {AT: at.isoformat()}
    _tell(request, EventKind.PAUSED, officer_id=officer_id, ground=ground.value, detail=detail)
    save(request, "paused_at")
    _write(request, MailTemplate.PAUSED, ground=ground.value)
    return request


@transaction.atomic
def resume(
    request_id: UUID | str,
    *,
    officer_id: int | None = None,
    version: int | None = None,
    at: datetime,
    ground: str = "",
) -> Request:
    """Let the clock go on from `at`: what was asked for has come. Without an officer, the service did it.

    :raises NotPossible: if it does not stand still, or the request is closed.
    :raises RequestNotFound, ChangedMeanwhile: see `lock_request`.
    """
    request = _open_request(request_id, version)
    if request.paused_at is None:
        raise NotPossible("the clock of this request does not stand still")
    _go_on(request, request.paused_at, officer_id=officer_id, at=at, ground=ground)
    return request


def resume_after_proof(request: Request, *, at: datetime) -> None:
    """Let the clock of a locked request go on, if it stood still until its person shows who they are."""
    if request.paused_at is None:
        return
    paused = request.events.filter(kind=EventKind.PAUSED).order_by("-at", "-pk").first()
    if paused is not None and paused.ground == PauseGround.IDENTITY:
        _go_on(request, request.paused_at, officer_id=None, at=at, ground=paused.ground)


def _go_on(
    request: Request, paused_at: datetime, *, officer_id: int | None, at: datetime, ground: str
) -> None:
    request.paused_at = None
    detail = {AT: max(at, paused_at).isoformat()}
    _tell(request, EventKind.RESUMED, officer_id=officer_id, ground=ground, detail=detail)
    save(request, "paused_at")


@transaction.atomic
def extend(
    request_id: UUID | str,
    *,
    ground: ExtensionGround,
    officer_id: int | None,
    version: int | None = None,
    at: datetime,
    until: date | None = None,
) -> Request:
    """Extend the period, once, and tell the person why and until when.

    `until`: the new date, where the law sets no number; otherwise the law says it.

    :raises NotPossible: if the law knows no extension, if it was extended already, if the time in which the
        person must be told is over, or if `until` is missing, not wanted or too early.
    :raises RequestNotFound, ChangedMeanwhile: see `lock_request`.
    """
    request = _open_request(request_id, version)
    if request.extended_at is not None:
        raise NotPossible("this request was extended already: the law lets it be extended once")
    _refuse_extension(request, at, until)
    request.extended_at = at
    detail = {AT: at.isoformat()} | ({UNTIL: until.isoformat()} if until else {})
    _tell(request, EventKind.EXTENDED, officer_id=officer_id, ground=ground.value, detail=detail)
    save(request, "extended_at")
    _write(request, MailTemplate.EXTENDED, ground=ground.value)
    return request


def _open_request(request_id: UUID | str, version: int | None) -> Request:
    request = lock_request(request_id, version=version)
    if request.is_closed:
        raise NotPossible("this request is closed: its clock has ended")
    return request


def _refuse_unknown_pause(request: Request, ground: PauseGround) -> None:
    clock = _clock_of(request)
    if clock is None or pause_rule(clock, ground) is None:
        law = clock.citation if clock else "no law on record"
        where = request.jurisdiction or "a request whose jurisdiction nobody has decided on"
        raise NotPossible(
            f"the clock cannot stand still for {ground.value} in {where}: the law on record knows no such "
            f"pause for a request of this type ({law})"
        )


def _refuse_extension(request: Request, at: datetime, until: date | None) -> None:
    dates, clock = read_deadlines(request), _clock_of(request)
    notice = dates.extension_notice_by
    if clock is None or notice is None or notice.on is None:
        law = dates.due_on.source
        raise NotPossible(f"a request of this type cannot be extended by the law on record ({law})")
    if at >= end_of(notice.on, dates.zone):
        raise NotPossible(
            f"it is too late: the person had to be told of an extension by {day_words(notice.on)} "
            f"({notice.source})"
        )
    if clock.open_extension != (until is not None):
        wanted = "name the new date" if clock.open_extension else "do not name a date: the law sets it"
        raise NotPossible(f"{wanted} ({notice.source})")
    if until is not None and dates.due_on.on is not None and until <= dates.due_on.on:
        raise NotPossible(f"the new date must be later than {day_words(dates.due_on.on)}")


def _clock_of(request: Request) -> Clock | None:
    """Return the clock that the law has for the request; None if a time of another kind stands in for it."""
    law = get_clocks(at=day_of(request.received_at, zone_of(request.jurisdiction)))
    chosen = choose_clock(law, request.jurisdiction, RequestType(request.type))
    return None if chosen is None or chosen.is_borrowed else chosen.clock


def _tell(
    request: Request, kind: EventKind, *, officer_id: int | None, ground: str, detail: dict[str, str]
) -> None:
    actor = Actor.SYSTEM if officer_id is None else Actor.OFFICER
    tell(request, kind, actor=actor, officer_id=officer_id, ground=ground, detail=detail)


def _write(request: Request, template: MailTemplate, *, ground: str) -> None:
    """Write to the person, if there is a way: who gave no address is told by an officer."""
    address = find_address(request)
    if address is None:
        return
    date_in_force = request.extended_due_on if request.extended_at else request.due_on
    context = {"ground": ground}
    if template is MailTemplate.EXTENDED and date_in_force:
        context["due_on"] = date_in_force.isoformat()
    queue_mail(request, template, to=address.value, context=context, by_sms=address.is_sms)
