"""Taking a request in: what came is sealed, its dates are set, and it goes on, or waits for proof.

Nobody is looked up here. Known or not, the same is written, sent and answered.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.clocks.keeping import refresh_deadlines
from consent.requests.intake.acknowledging import acknowledge_request
from consent.requests.intake.checking import check_new, find_agent, find_appealed
from consent.requests.intake.confirming import ask_to_confirm
from consent.requests.intake.contents import Claims, Details, keep_claims, keep_details
from consent.requests.intake.risk import find_level
from consent.requests.intake.starting import start
from consent.requests.intake.suggesting import suggest_jurisdiction
from consent.requests.models import Agent, Request
from consent.requests.moving import move
from consent.requests.people import index_person
from consent.requests.rules.new_requests import LANGUAGES
from consent.requests.rules.references import make_word
from consent.requests.timeline import tell
from consent.requests.types import Actor, Channel, EventKind, Level, NewRequest, RequestState
from consent.requests.verification.codes import ask_code
from consent.requests.verification.vouching import vouch, vouch_as_agent
from consent.subjects.rules import normalise, normalise_value
from consent.subjects.types import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a request that came in. It tells nothing of whether the person is known."""

    request_id: UUID
    reference: str
    state: RequestState
    joined: bool
    """It turned out to be one that was made before, and goes on there: both are proven to be one person's."""
    version: int


@transaction.atomic
def receive(new: NewRequest, *, actor: Actor, officer_id: int | None = None) -> Received:
    """Take a request in, and begin with it: at once where nobody is asked for proof, else ask for it.

    :raises RequestMalformed, ControllerUnknown, AgentUnknown, AppealNotPossible: if it cannot be one.
    :raises KeysUnavailable: if what is personal in it cannot be sealed now.
    """
    at = get_time()
    check_new(new, at=at)
    agent = find_agent(new.agent)
    request = _make(new, agent=agent, appealed=find_appealed(new, at=at), officer_id=officer_id)
    detail = {"channel": new.channel.value, "agent": agent.slug if agent else ""}
    tell(request, EventKind.RECEIVED, actor=actor, officer_id=officer_id, detail=detail)
    acknowledge_request(request)
    _go_on(request, new, agent, actor=actor, officer_id=officer_id, at=at)
    request.refresh_from_db()
    return Received(
        request_id=request.pk,
        reference=request.reference,
        state=RequestState(request.state),
        joined=request.joined_to_id is not None,
        version=request.version,
    )


def _make(
    new: NewRequest, *, agent: Agent | None, appealed: Request | None, officer_id: int | None
) -> Request:
    claims = _claims_of(new)
    request = Request(
        reference=_make_reference(),
        type=new.type,
        controller=new.controller,
        channel=new.channel,
        language=new.language if new.language in LANGUAGES else LANGUAGES[0],
        purposes=list(dict.fromkeys(new.purposes)),
        received_at=new.received_at,
        due_at=new.received_at,
        agent=agent,
        appeal_of=appealed,
        assigned_to_id=officer_id,
    )
    key = vault.give_key(request)
    request.save(force_insert=True)
    keep_claims(request, key, claims)
    keep_details(request, key, Details(text=new.details, corrections=new.corrections))
    index_person(request, claims.identifiers)
    suggest_jurisdiction(request)
    request.level = find_level(request)
    refresh_deadlines(request)
    request.save()
    return request


def _claims_of(new: NewRequest) -> Claims:
    reply_to = normalise_value(IdentifierKind.EMAIL, new.reply_to) if new.reply_to else None
    return Claims(
        identifiers=tuple(dict.fromkeys(normalise(one) for one in new.identifiers)),
        reply_to=reply_to,
        jurisdiction=(new.jurisdiction or "").strip().upper(),
    )


def _go_on(
    request: Request,
    new: NewRequest,
    agent: Agent | None,
    *,
    actor: Actor,
    officer_id: int | None,
    at: datetime,
) -> None:
    if request.level == Level.NONE:
        start(request, actor=Actor.SYSTEM)
        return
    move(
        request,
        RequestState.VERIFYING,
        kind=EventKind.VERIFICATION_ASKED,
        actor=actor,
        officer_id=officer_id,
        detail={"level": request.level},
    )
    if new.vouched and agent is None and any(one.is_verified for one in new.identifiers):
        vouch(request, at=at)
    elif (
        new.vouched
        and agent is not None
        and agent.is_trusted
        and any(one.verified for one in new.identifiers)
    ):
        vouch_as_agent(request, at=at)
    if request.state == RequestState.VERIFYING and not _asks_by_link(request, new):
        ask_code(request.pk, at=at, actor=Actor.SYSTEM)


def _asks_by_link(request: Request, new: NewRequest) -> bool:
    """Who wrote an e-mail has no page open that would take a code: a link is sent, if it can be."""
    return new.channel is Channel.EMAIL_LINK and ask_to_confirm(request)


def _make_reference() -> str:
    """Return a reference that no request has: one of 10^11, so that nobody finds one by trying."""
    while Request.objects.filter(reference=(made := f"R-{make_word(secrets.choice)}")).exists():
        pass
    return made
