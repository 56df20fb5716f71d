"""Visitors of the preference centre of the retailer's two brands."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client

from consent.ledger.queries import get_time
from consent.portal.preferences import visiting
from consent.portal.preferences.packing import LinkTerms
from consent.portal.types import Trust
from consent.records.services import record_rows
from consent.records.types import Choice, NewChoice, NewFact, NewRow, Recorded
from consent.subjects.types import FactName, Identifier, IdentifierKind

CHOICES = "/privacy/choices/"
ANN = Identifier(IdentifierKind.EMAIL, "ann@people.example", verified=True, is_normalised=True)
NEWSLETTER, OFFERS, POST = "marketing.email.newsletter", "marketing.email", "marketing.post"
ADS, SEGMENTS = "advertising.audience", "profiling.segmentation"


def come_in(
    *,
    trust: Trust = Trust.PROVEN,
    controller: str = "northwind",
    identifiers: tuple[Identifier, ...] = (ANN,),
    client: Client | None = None,
    at: datetime | None = None,
) -> Client:
    """Return a browser that visits."""
    browser, request = client or Client(), HttpRequest()
    request.session = SessionStore()
    request.session.create()
    at = at or get_time()
    terms = LinkTerms(
        controller=controller, trust=trust, identifiers=identifiers, expires_at=at + timedelta(hours=1)
    )
    visiting.begin(request, terms, at=at)
    request.session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)
    return browser


def say(
    purpose: str, choice: Choice, *, ago: timedelta = timedelta(), identifiers: Any = (ANN,), **more: Any
) -> Recorded:
    """Record a choice of the person's, as another source would."""
    at = get_time() - ago
    given: dict[str, Any] = {"controller": "northwind", "notice": "privacy", "notice_version": 3, **more}
    row = NewRow(identifiers, (NewChoice(purpose=purpose, choice=choice, effective_at=at, **given),), ())
    [outcome] = record_rows(rows=[row], source="test", at=at)
    assert isinstance(outcome, Recorded)
    return outcome


def live_in(place: str, *, identifiers: Any = (ANN,)) -> None:
    """Put on record where the person lives."""
    at = get_time() - timedelta(days=400)
    row = NewRow(identifiers, (), (NewFact(name=FactName.RESIDENCE, value=place, effective_at=at),))
    record_rows(rows=[row], source="test", at=at)


class Buttons(HTMLParser):
    """The buttons of a page by id, with what they send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a button."""
        known: Mapping[str, str] = {name: value or "" for name, value in attrs}
        if tag == "button" and "id" in known:
            self.found[known["id"]] = dict(known)


def read_buttons(client: Client, headers: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """Return the buttons of the page of choices by id."""
    return Buttons(text_of(client.get(CHOICES, headers=dict(headers or {})))).found


def press(
    client: Client,
    button: str,
    *,
    shown: Mapping[str, dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Press a button of the page, or one of a page that was read before, and return the page that follows."""
    found = (shown or read_buttons(client, headers))[button]
    form = {found["name"]: found["value"]}
    return client.post(CHOICES, form, headers=dict(headers or {}), follow=True)


def text_of(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())
