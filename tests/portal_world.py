"""A portal with the retailer's two brands, and what its visitors read in their mails."""

from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.core import mail as outbox
from django.http import HttpResponse
from django.test import Client

from consent.ledger.queries import get_time
from consent.policies.document.writing import write_yaml
from consent.policies.services import import_policy, publish
from consent.requests.mails.sending import send_waiting
from consent.requests.models import Request
from tests.policy_documents import read_retailer
from tests.policy_officers import approve, make_officer, submit
from tests.requests_world import read_code_mails

ANN = "ann@people.example"
ASK = "/privacy/ask/access/"
FORM = {"brand": "northwind", "email": ANN, "country": "DE", "once": "1"}


def open_shop() -> None:
    """Publish the policy of the demo's retailer, in force since yesterday."""
    at = get_time() - timedelta(days=1)
    text = write_yaml(read_retailer())
    draft = import_policy(text=text, author_id=make_officer("alice").pk, at=at)
    submit(draft)
    approve(draft)
    publish(version_id=draft.version_id, effective_at=at, at=at)


def get_newest() -> Request:
    """Return the request that came in last."""
    return Request.objects.order_by("-received_at", "-pk")[0]


def read_code(request: Request) -> str:
    """Return the code that was sent last."""
    return read_code_mails(request.pk)[-1]


def send_mails() -> list[Any]:
    """Send what waits, and return all that was sent so far."""
    send_waiting(limit=100, until=monotonic() + 60)
    return list(outbox.outbox)


def read_link(purpose: str = "status") -> str:
    """Return the path and query of the newest link of a purpose in the mails that were sent."""
    for message in reversed(send_mails()):
        for word in message.body.split():
            parts = urlsplit(word)
            if parts.path == f"/privacy/{purpose}/link":
                return f"{parts.path}?{parts.query}"
    raise AssertionError(f"no mail holds a link to {purpose}")


def ask(client: Client, path: str = ASK, **changes: Any) -> HttpResponse:
    """Send a form, and return the page that it leads to."""
    return client.post(path, {**FORM, **changes}, follow=True)  # type: ignore[return-value]


def prove(client: Client) -> Request:
    """Enter the code that the newest request's person was sent, and return the request."""
    made = get_newest()
    client.post("/privacy/code/", {"code": read_code(made)})
    return made


def text_of(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())
