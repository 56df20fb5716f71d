"""Requests whose clocks are looked at."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from consent.policies.law.importing import import_law
from consent.requests import vault
from consent.requests.clocks.keeping import refresh_deadlines
from consent.requests.intake.contents import Claims, keep_claims
from consent.requests.models import Message, Request, RequestEvent
from consent.requests.persons import keep_person
from consent.requests.types import Channel, EventKind, RequestState, RequestType
from consent.subjects.types import Identifier, IdentifierKind

MARCH_5 = datetime(2026, 3, 5, 12, tzinfo=UTC)
PERSON = "anna@example.org"
REPLY_TO = "anna.reply@example.org"


def march(day: int, hour: int = 12) -> datetime:
    """Return a moment of March 2026."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def make_request(
    jurisdiction: str = "DE",
    *,
    received_at: datetime = MARCH_5,
    type: RequestType = RequestType.ACCESS,  # noqa: A002 - the word that requests use
    reply_to: str | None = REPLY_TO,
    **fields: Any,
) -> Request:
    """Return a request that is worked on, with a person and their sealed parts."""
    request = Request(
        id=uuid4(),
        reference=uuid4().hex[:12].upper(),
        type=type,
        controller="shop",
        channel=Channel.PORTAL,
        jurisdiction=jurisdiction,
        received_at=received_at,
        **{"state": RequestState.IN_PROGRESS, "acknowledged_at": received_at, **fields},
    )
    key = vault.give_key(request)
    refresh_deadlines(request)
    request.save(force_insert=True)
    who = Identifier(IdentifierKind.EMAIL, PERSON)
    keep_claims(request, key, Claims(identifiers=(who,), reply_to=reply_to))
    keep_person(request, key, [who])
    return request


def kinds_of(request: Request) -> list[EventKind]:
    """Return what the timeline says happened, in its order."""
    rows = RequestEvent.objects.filter(request=request).order_by("at", "id")
    return [EventKind(row.kind) for row in rows]


def mails_of(request: Request) -> list[tuple[str, dict[str, Any]]]:
    """Return which mails wait for the person, with what they will be told."""
    key = vault.open_key(request)
    rows = Message.objects.filter(request=request).order_by("created_at", "pk")
    return [(row.template, vault.read_json(request, key, f"message/{row.pk}")) for row in rows]


def load_law() -> None:
    """Have the shipped table in the rows that officers keep."""
    import_law(at=MARCH_5)
