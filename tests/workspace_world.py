"""Requests for the officers' workspace, officers who may or may not, and what their pages say."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from consent.requests import vault
from consent.requests.intake.contents import Claims, Details, keep_claims, keep_details
from consent.requests.models import Request, Step, System
from consent.requests.people import index_person
from consent.requests.persons import keep_person
from consent.requests.timeline import tell
from consent.requests.types import (
    Actor,
    EventKind,
    RequestState,
    RequestType,
    StepAction,
    StepState,
)
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier, IdentifierKind

QUEUE = "/admin/consent_requests/request/"
EMAIL = "vera.lind@customers.example"
DETAILS = "Please send me all that you hold about me."
_NUMBERS = count(1)


@transaction.atomic
def make_request(**changes: Any) -> Request:
    """Make an open access request that was received five days ago and is due in 25 days."""
    now = timezone.now()
    given: dict[str, Any] = {
        "reference": f"TEST-{next(_NUMBERS):06}",
        "type": RequestType.ACCESS.value,
        "controller": "northwind",
        "channel": "portal",
        "jurisdiction": "DE",
        "zone": "Europe/Berlin",
        "received_at": now - timedelta(days=5),
        "due_at": now + timedelta(days=25),
        "due_on": (now + timedelta(days=25)).date(),
        **changes,
    }
    row = Request(**given)
    key = vault.give_key(row)
    row.save(force_insert=True)
    who = normalise(Identifier(IdentifierKind.EMAIL, EMAIL))
    keep_claims(row, key, Claims(identifiers=(who,), reply_to=EMAIL))
    keep_details(row, key, Details(text=DETAILS))
    keep_person(row, key, [who])
    index_person(row, [who])
    tell(row, EventKind.RECEIVED, actor=Actor.PERSON, after=row.state)
    return row


def make_step(request: Request, *, system: str = "shop", **changes: Any) -> Step:
    """Make a step of the request at a system of that name."""
    where, _ = System.objects.get_or_create(
        slug=system, defaults={"title": system.capitalize(), "kind": "sql"}
    )
    given: dict[str, Any] = {
        "phase": 1,
        "action": StepAction.COLLECT.value,
        "state": StepState.READY.value,
        "system": where,
        **changes,
    }
    return Step.objects.create(request=request, **given)


def close(request: Request, state: RequestState = RequestState.FULFILLED, **changes: Any) -> Request:
    """Close the request."""
    given = {"state": state.value, "closed_at": timezone.now(), **changes}
    Request.objects.filter(pk=request.pk).update(**given)
    request.refresh_from_db()
    return request


def officer(*permissions: str, name: str = "olga") -> Client:
    """Return the browser of an officer with these permissions, and no others."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    found = Permission.objects.filter(content_type__app_label="consent_requests", codename__in=permissions)
    assert found.count() == len(permissions)
    user.user_permissions.set(found)
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    """Return the page."""
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def page_of(request: Request) -> str:
    """Return the address of a request's page."""
    return f"{QUEUE}{request.pk}/change/"


def action_of(request: Request, name: str) -> str:
    """Return the address of what can be done about a request."""
    return f"{QUEUE}{request.pk}/do/{name}/"


def do(client: Client, request: Request, name: str, told: Mapping[str, Any] | None = None) -> Any:
    """Do something about a request as an officer does who has its page open: ask, read, confirm."""
    request.refresh_from_db()
    seen = request.events.order_by("-pk").values_list("pk", flat=True).first() or 0
    standing = {"version": request.version, "seen": seen, **(told or {})}
    asked = client.post(action_of(request, name), standing)
    assert "This will happen" in text_of(asked), text_of(asked)
    return client.post(action_of(request, name), {**standing, "confirmed": "1"})


def moment(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
