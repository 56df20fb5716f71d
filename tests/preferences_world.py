"""People on their way to the preference centre: links, codes, and what is on record afterwards."""

import re
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.core import mail as outbox
from django.test import Client

from consent.ledger.queries import get_time
from consent.portal.preferences.links import LinkTerms, LinkUse, make_link
from consent.portal.preferences.sending import send_waiting
from consent.portal.types import Trust, Visitor
from consent.records.models import ConsentRecord
from consent.records.queries import list_choices
from consent.records.services import record_rows
from consent.records.types import ChoiceInForce, NewRow
from consent.subjects.queries import find_subjects
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier, IdentifierKind

ANN = "ann@people.example"
NOTICE = ("privacy", 3)
OPEN, CODE, CHOICES = "/privacy/choices/open/", "/privacy/choices/code/", "/privacy/choices/"
ADDRESS, LEAVE = "/privacy/choices/address/", "/privacy/choices/leave/"


def email(address: str = ANN, *, verified: bool = False) -> Identifier:
    """Return an address as it is looked up."""
    return normalise(Identifier(IdentifierKind.EMAIL, address, verified))


def make_terms(**changes: Any) -> LinkTerms:
    """Return the terms of a mailing's link to Ann."""
    known: dict[str, Any] = {
        "controller": "northwind",
        "trust": Trust.LINK,
        "identifiers": (email(),),
        "expires_at": get_time().replace(microsecond=0) + timedelta(days=30),
        "purpose": "marketing.email.newsletter",
    }
    return LinkTerms(**{**known, **changes})


def page_of(**changes: Any) -> str:
    """Return the address of a link's page."""
    return f"/privacy/choices/link/{make_link(make_terms(**changes))}"


def one_click_of(**changes: Any) -> str:
    """Return the address that a mail program posts to."""
    return f"/privacy/one-click/{make_link(make_terms(**changes), use=LinkUse.ONE_CLICK)}"


def make_visitor(trust: Trust = Trust.PROVEN, *identifiers: Identifier, **changes: Any) -> Visitor:
    """Return a visitor without a visit; proven, by an address."""
    known: dict[str, Any] = {
        "visit_id": "",
        "controller": "northwind",
        "trust": trust,
        "identifiers": identifiers or (email(verified=trust is Trust.PROVEN),),
        "until": get_time() + timedelta(minutes=30),
    }
    return Visitor(**{**known, **changes})


def make_known(*identifiers: Identifier) -> None:
    """Have identifiers be on record as one person's."""
    record_rows(rows=[NewRow(identifiers or (email(verified=True),), (), ())], source="shop", at=get_time())


def choices_of(identifier: Identifier | None = None) -> dict[str, ChoiceInForce]:
    """Return the choices in force of whomever an address leads to, by purpose."""
    [refs] = find_subjects([[identifier or email()]])
    found = list_choices(refs=refs, at=get_time() + timedelta(minutes=1)) if refs else {}
    return {one.purpose: one for chosen in found.values() for one in chosen}


def count_records() -> int:
    """Return how much was recorded."""
    return ConsentRecord.objects.count()


def ask(client: Client, address: str = ANN, **changes: str) -> Any:
    """Ask for a code by an address."""
    return client.post(OPEN, {"brand": "northwind", "email": address, **changes})


def send_mails() -> list[Any]:
    """Send what waits, and return all mails so far."""
    send_waiting(limit=100, until=monotonic() + 60)
    return list(outbox.outbox)


def read_code(text: str) -> str:
    """Return the code in a mail's text."""
    found = re.search(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", text, re.MULTILINE)
    assert found is not None
    return found[0]


def read_link(text: str) -> str:
    """Return the path of the link in a mail's text."""
    [link] = [word for word in text.split() if "/privacy/choices/link/" in word]
    return urlsplit(link).path


def enter(client: Client, address: str = ANN) -> None:
    """Open the choices by a code."""
    ask(client, address)
    response = client.post(CODE, {"code": read_code(send_mails()[-1].body)})
    assert (response.status_code, response.headers["Location"]) == (303, CHOICES)
