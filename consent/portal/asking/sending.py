"""Having what a visitor asked taken in: once for each form, and not too often for a network or a contact."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.portal.asking.choices import Choices
from consent.portal.asking.fields import FormShape
from consent.portal.asking.reading import Filled
from consent.requests.intake.contents import read_claims, read_proven
from consent.requests.intake.receiving import Received, receive
from consent.requests.limits import rules as limits
from consent.requests.limits.counting import spend
from consent.requests.limits.rules import Limit, TooMany
from consent.requests.models import Request
from consent.requests.rules.new_requests import MAX_DETAILS
from consent.requests.types import Actor, Channel, NewRequest, RequestType
from consent.requests.verification.contacts import find_address

_ONCE = Limit(name="form", most=1, span=limits.DAY)


class NobodyToAsk(AccordantError):
    """No policy is in force that names a controller."""

    code = "nobody_to_ask"
    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who sends a form, as far as limits and answers need it."""

    network: str
    language: str


def send(
    shape: FormShape, choices: Choices, filled: Filled, *, once: str, visitor: Visitor, at: datetime
) -> Received | None:
    """Have a form without errors taken in; None if this very form was taken in before.

    :raises TooMany: if too much came from the network, or names the contact.
    :raises NobodyToAsk: if there is no controller.
    :raises KeysUnavailable: if it cannot be sealed now.
    """
    new = NewRequest(
        type=shape.type,
        controller=_choose_controller(choices, filled),
        identifiers=filled.identifiers(),
        channel=Channel.PORTAL,
        received_at=at,
        jurisdiction=filled["country"] or None,
        language=visitor.language,
        details=filled["details"] if shape.has_details else "",
        corrections=filled.corrections(shape),
        purposes=filled.purposes,
        reply_to=filled["email"] or None,
    )
    return _take_in(new, once=once, visitor=visitor, at=at)


def send_appeal(
    appealed: Request, *, details: str, once: str, visitor: Visitor, at: datetime
) -> Received | None:
    """Have an appeal taken in, of whoever showed that the closed request is theirs; None as `send`.

    It is proven anew, by a code to the same contact: a link alone decides nothing.

    :raises AppealNotPossible: if it is too late, or the request was never answered.
    :raises TooMany, KeysUnavailable: as `send`.
    :raises ContentDestroyed, KeyUnreadable: if whom the request is about cannot be read.
    """
    address = find_address(appealed)
    new = NewRequest(
        type=RequestType.APPEAL,
        controller=appealed.controller,
        identifiers=read_proven(appealed) or read_claims(appealed).identifiers,
        channel=Channel.PORTAL,
        received_at=at,
        jurisdiction=appealed.jurisdiction or None,
        language=visitor.language,
        details=details[:MAX_DETAILS],
        reply_to=None if address is None or address.is_sms else address.value,
        appeal_of=appealed.reference,
    )
    return _take_in(new, once=once, visitor=visitor, at=at)


def _take_in(new: NewRequest, *, once: str, visitor: Visitor, at: datetime) -> Received | None:
    spend(limits.ASK_BY_VISITOR, visitor.network, at=at)
    for one in new.identifiers:
        spend(limits.ASK_BY_CONTACT, f"{one.kind} {one.value}", at=at)
    with transaction.atomic():  # what could not be taken in was not sent, either
        return None if _is_repeated(once, at=at) else receive(new, actor=Actor.PERSON)


def _is_repeated(once: str, *, at: datetime) -> bool:
    """Return whether the form of this number was sent before: somebody clicked twice, or went back.

    One without a number is no repetition: what a person asks must not be lost for that.
    """
    if not once:
        return False
    try:
        spend(_ONCE, once, at=at)
    except TooMany:
        return True
    return False


def _choose_controller(choices: Choices, filled: Filled) -> str:
    if not choices.controllers:
        raise NobodyToAsk("no policy is in force that names a controller")
    only = next(iter(choices.controllers)) if len(choices.controllers) == 1 else ""
    return only or filled["brand"]
