"""Data subject requests for tests: what comes in, and what the person reads in their mails."""

import json
from typing import Any

from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.intake.receiving import Received, receive
from consent.requests.models import Message, Request
from consent.requests.types import Actor, Channel, MailTemplate, NewRequest, RequestType
from consent.subjects.types import Identifier, IdentifierKind

OTHERS_WORDS = "Please send me everything about the order of 5 May."


def email_of(name: str, *, verified: bool = False) -> Identifier:
    """Return the e-mail address of `name`."""
    return Identifier(IdentifierKind.EMAIL, f"{name}@people.example", verified)


def customer_of(number: str) -> Identifier:
    """Return a customer's number."""
    return Identifier(IdentifierKind.CUSTOMER_ID, number)


def make_new(**changes: Any) -> NewRequest:
    """Return a request for access by ann, with `changes`."""
    given: dict[str, Any] = {
        "type": RequestType.ACCESS,
        "controller": "acme",
        "identifiers": (email_of("ann"),),
        "channel": Channel.PORTAL,
        "received_at": get_time(),
        "jurisdiction": "DE",
        **changes,
    }
    return NewRequest(**given)


def take_in(*, actor: Actor = Actor.PERSON, officer_id: int | None = None, **changes: Any) -> Received:
    """Receive `make_new(**changes)`."""
    return receive(make_new(**changes), actor=actor, officer_id=officer_id)


def read_mails(request_id: Any) -> list[dict[str, Any]]:
    """Return what the person was written about a request, in order: template, to, and context."""
    request = Request.objects.get(pk=request_id)
    key = vault.open_key(request)
    rows = Message.objects.filter(request=request).order_by("created_at", "pk")
    return [
        {"template": row.template, **json.loads(vault.read_part(request, key, f"message/{row.pk}"))}
        for row in rows
    ]


def read_code_mails(request_id: Any) -> list[str]:
    """Return the codes that the person was sent."""
    return [
        mail["context"]["code"] for mail in read_mails(request_id) if mail["template"] == MailTemplate.CODE
    ]
