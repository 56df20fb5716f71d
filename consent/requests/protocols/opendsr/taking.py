"""What a controller passes on, taken in like any other request; followed, and cancelled."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from consent.network.hosts import read_url
from consent.requests.intake.deciding import cancel
from consent.requests.intake.receiving import receive
from consent.requests.models import ProtocolRequest, Request
from consent.requests.moving import lock_request
from consent.requests.protocols import parts
from consent.requests.protocols.callbacks.queueing import begin_telling
from consent.requests.protocols.opendsr import errors
from consent.requests.protocols.opendsr.identities import read_identities
from consent.requests.types import (
    Actor,
    Channel,
    NewRequest,
    RequestNotFound,
    RequestState,
    RequestType,
)

_PLACES = {"ccpa": "US-CA"}
_PENDING = frozenset({RequestState.RECEIVED, RequestState.VERIFYING})


def find_controller(client: str) -> str:
    """Return the controller that a client of the API is.

    :raises ControllerNotMapped: if it is none.
    """
    controller: str | None = settings.OPENDSR_CONTROLLERS.get(client)
    if controller is None:
        raise errors.ControllerNotMapped("the key is of no controller that data is processed for here")
    return controller


def take(
    client: str, body: Mapping[str, Any], content: bytes, *, is_vouched: bool, at: datetime
) -> ProtocolRequest:
    """Take in a request in the form of the protocol. The same again is the same request.

    :raises ControllerNotMapped: if the client is no controller.
    :raises RequestIdReused: if another request has that id.
    :raises IdentityUnsupported, AddressRefused, RequestMalformed, ControllerUnknown: if it cannot be one.
    :raises KeysUnavailable: if it cannot be sealed now.
    """
    controller = find_controller(client)
    digest = hashlib.sha256(content).hexdigest()
    try:
        with transaction.atomic():
            known = _find(client, body["subject_request_id"])
            if known is None:
                return _take(client, controller, body, digest, is_vouched=is_vouched, at=at)
    except IntegrityError:  # the same came in at the same moment
        known = _find(client, body["subject_request_id"])
    if known is None or known.body_digest != digest:
        raise errors.RequestIdReused("subject_request_id: another request has it")
    return known


def find_request(client: str, subject_request_id: UUID) -> ProtocolRequest:
    """Return the client's request.

    :raises RequestNotFound: if there is none, or it is another's.
    """
    known = _find(client, str(subject_request_id))
    if known is None:
        raise RequestNotFound("there is no such request of yours")
    return known


@transaction.atomic
def cancel_request(client: str, subject_request_id: UUID) -> ProtocolRequest:
    """End a request that has not begun.

    :raises RequestNotFound: if there is none, or it is another's.
    :raises NotPending: if it has begun.
    """
    known = find_request(client, subject_request_id)
    request = lock_request(str(known.request_id))
    if request.state not in _PENDING:
        raise errors.NotPending("a request is cancelled while it is pending, and not later")
    cancel(request.pk, actor=Actor.CALLER)
    return find_request(client, subject_request_id)


def _find(client: str, subject_request_id: str) -> ProtocolRequest | None:
    own = ProtocolRequest.objects.filter(
        channel=Channel.OPENDSR, caller=client, external_id=subject_request_id
    )
    return own.select_related("request", "request__joined_to").order_by("pk").first()


def _take(
    client: str, controller: str, body: Mapping[str, Any], digest: str, *, is_vouched: bool, at: datetime
) -> ProtocolRequest:
    urls = list(dict.fromkeys(body.get("status_callback_urls", ())))
    for url in urls:
        read_url(url, allow_local=settings.ALLOW_LOCAL_DESTINATIONS)
    identities = body.get("subject_identities") or []
    if not identities:
        raise errors.IdentityUnsupported("subject_identities: no extension is known here that replaces them")
    new = NewRequest(
        type=RequestType(body["subject_request_type"]),
        controller=controller,
        identifiers=read_identities(identities, is_vouched=is_vouched),
        channel=Channel.OPENDSR,
        received_at=at,
        jurisdiction=_PLACES.get(body.get("regulation", "")),
        details=f"OpenDSR: made with the controller at {body['submitted_time']}",
        vouched=is_vouched,
    )
    received = receive(new, actor=Actor.CALLER)
    request = Request.objects.get(pk=received.request_id)
    asked = ProtocolRequest.objects.create(
        id=request.pk,
        request=request,
        channel=Channel.OPENDSR,
        caller=client,
        external_id=body["subject_request_id"],
        asked=body["subject_request_type"],
        body_digest=digest,
        received_at=at,
    )
    parts.keep(request, callbacks=urls, at=at)
    begin_telling(asked, addresses=len(urls))
    return asked
