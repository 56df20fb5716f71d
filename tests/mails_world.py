"""A request to write mails about."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from consent.requests import vault
from consent.requests.models import Request
from consent.requests.persons import keep_person
from consent.requests.types import Channel, RequestType
from consent.subjects.types import Identifier, IdentifierKind

ADDRESS = "mira@example.org"
PHONE = "+491701234567"
RECEIVED = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>{{ 7|add:"7" }}{reference}\r\nBcc: all@example.org'


def make_request(**changes: Any) -> Request:
    """Return a request of somebody in Germany for access, as it stands after it came in."""
    request = Request(
        **{
            "id": uuid4(),
            "reference": f"R-{secrets.token_hex(4).upper()}",
            "type": RequestType.ACCESS.value,
            "controller": "shop",
            "channel": Channel.PORTAL.value,
            "jurisdiction": "DE",
            "zone": "Europe/Berlin",
            "received_at": RECEIVED,
            "due_at": RECEIVED,
        }
        | changes
    )
    key = vault.give_key(request)
    request.save(force_insert=True)
    known = [Identifier(IdentifierKind.EMAIL, ADDRESS), Identifier(IdentifierKind.PHONE, PHONE)]
    keep_person(request, key, known)
    return request
