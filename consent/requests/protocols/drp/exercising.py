"""What an agent asks for a person, taken in like any other request; and taken back."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.network.hosts import read_url
from consent.requests.intake.deciding import cancel
from consent.requests.intake.receiving import receive
from consent.requests.models import Agent, ProtocolRequest, Request
from consent.requests.protocols import parts
from consent.requests.protocols.callbacks.queueing import begin_telling
from consent.requests.protocols.drp import errors
from consent.requests.protocols.drp.agents import hear
from consent.requests.protocols.drp.messages import Message
from consent.requests.types import Actor, Channel, NewRequest, RequestType
from consent.subjects.types import Identifier, IdentifierKind

OPT_IN = "sale:opt-in"
DENIED_KIND = "protocol_request_denied"
TYPES: Mapping[str, RequestType] = {
    "sale:opt-out": RequestType.OPT_OUT,
    "deletion": RequestType.ERASURE,
    "access": RequestType.ACCESS,
    "access:categories": RequestType.ACCESS,
    "access:specific": RequestType.ACCESS,
}
"""What is exercised -> what is asked of us. `sale:opt-in` is denied: see `OPT_IN_DENIED`."""
_PLACES = {"ccpa": "US-CA"}
_CONTACTS = (("email", IdentifierKind.EMAIL), ("phone_number", IdentifierKind.PHONE))


@transaction.atomic
def exercise(agent: Agent, message: Message, *, at: datetime) -> ProtocolRequest:
    """Take in what a checked message asks for, once.

    :raises MessageReplayed: if it was acted on before.
    :raises NobodyNamed: if it names nobody whom we could find.
    :raises AddressRefused: if nobody may be called back there.
    :raises RequestMalformed, ControllerUnknown: if it cannot be a request.
    :raises KeysUnavailable: if it cannot be sealed now.
    """
    body = message.body
    hear(agent, message, at=at)
    callback = body.get("status_callback")
    if callback:
        read_url(callback, allow_local=settings.ALLOW_LOCAL_DESTINATIONS)
    request = None if body["exercise"] == OPT_IN else _receive(agent, body, at=at)
    asked = ProtocolRequest.objects.create(
        id=request.pk if request else uuid4(),
        request=request,
        channel=Channel.DRP,
        caller=agent.slug,
        external_id=body.get("agent-request-id", ""),
        asked=body["exercise"],
        body_digest=message.digest,
        received_at=at,
    )
    if request is None:
        _tell_denied(asked, at=at)
    else:
        parts.keep(request, callbacks=[callback] if callback else [], at=at)
        begin_telling(asked, addresses=1 if callback else 0)
    return asked


def find_request(agent: Agent, request_id: UUID) -> ProtocolRequest:
    """Return the agent's request.

    :raises NotYourRequest: if there is none, or it is another's.
    """
    asked = _list_own(agent).filter(pk=request_id).order_by("pk").first()
    if asked is None:
        raise errors.NotYourRequest("there is no such request of yours")
    return asked


@transaction.atomic
def revoke(agent: Agent, request_id: UUID, message: Message, *, at: datetime) -> ProtocolRequest:
    """End the request, because its person takes it back.

    :raises NotYourRequest: if there is none, or it is another's.
    :raises MessageReplayed: if the message says when it is over, and was acted on before.
    :raises NotPossible: if it has ended, or is a no that was recorded.
    """
    asked = find_request(agent, request_id)
    if message.expires_at is not None:
        hear(agent, message, at=at)
    if asked.request_id is not None:
        cancel(asked.request_id, actor=Actor.AGENT)
    return find_request(agent, request_id)


def _list_own(agent: Agent) -> QuerySet[ProtocolRequest]:
    own = ProtocolRequest.objects.filter(channel=Channel.DRP, caller=agent.slug)
    return own.select_related("request", "request__joined_to")


def _receive(agent: Agent, body: Mapping[str, Any], *, at: datetime) -> Request:
    identifiers = tuple(_list_identifiers(body))
    if not identifiers:
        raise errors.NobodyNamed("email or phone_number is expected: nobody is found by a name")
    new = NewRequest(
        type=TYPES[body["exercise"]],
        controller=settings.DRP_BUSINESSES[body["business-id"]],
        identifiers=identifiers,
        channel=Channel.DRP,
        received_at=at,
        jurisdiction=_PLACES.get(body.get("regime", "")),
        details=_write_details(body),
        agent=agent.slug,
        vouched=agent.is_trusted,
    )
    received = receive(new, actor=Actor.AGENT)
    return Request.objects.get(pk=received.request_id)


def _list_identifiers(body: Mapping[str, Any]) -> Iterator[Identifier]:
    for name, kind in _CONTACTS:
        if value := body.get(name, "").strip():
            yield Identifier(kind, value, verified=body.get(f"{name}_verified") is True)


def _write_details(body: Mapping[str, Any]) -> str:
    """Return what officers should know of it, sealed: what is asked exactly, and what nobody is found by."""
    lines = [f"Data Rights Protocol: {body['exercise']}"]
    lines += [f"{name}: {body[name]}" for name in ("name", "power_of_attorney") if body.get(name)]
    if relationships := body.get("relationships"):
        lines.append("relationships: " + ", ".join(relationships))
    return "\n".join(lines)[:10_000]


def _tell_denied(asked: ProtocolRequest, *, at: datetime) -> None:
    body = {"id": str(asked.pk), "channel": asked.channel, "caller": asked.caller, "asked": asked.asked}
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(DENIED_KIND, body)], recorded_at=at)
