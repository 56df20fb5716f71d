"""Looking at what is sealed about a request: each look is told to the ledger's audit stream, first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from consent.ledger import services as ledger
from consent.ledger.queries import get_time
from consent.ledger.types import NewEntry, Stream
from consent.requests import vault
from consent.requests.handling.noting import part_of
from consent.requests.intake.contents import Claims, Details, read_claims, read_details, read_proven
from consent.requests.intake.deciding import ANSWER
from consent.requests.models import Request, RequestEvent
from consent.requests.types import RequestNotFound
from consent.subjects.types import Identifier

READ_KIND = "request_content_read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the person said of themselves, and what officers noted and answered. Never logged."""

    claims: Claims = field(repr=False)
    proven: tuple[Identifier, ...] = field(repr=False)
    details: Details = field(repr=False)
    answer: Mapping[str, Any] = field(repr=False)
    """What the person was told at the end: empty, as long as nothing was."""
    notes: tuple[tuple[int | None, str], ...] = field(repr=False)
    """Which officer noted what, in the order in which they did."""


def tell_look(request: Request, *, officer_id: int, what: str) -> None:
    """Put on record that the officer looks at `what` of the request. Committed before anything is opened."""
    with transaction.atomic():
        body = {"request": request.reference, "officer": officer_id, "what": what}
        ledger.append(stream=Stream.AUDIT, entries=[NewEntry(READ_KIND, body)], recorded_at=get_time())


def read_content(*, request_id: UUID, officer_id: int) -> Content:
    """Return what is sealed about the request. That the officer looked is committed before it is opened.

    :raises RequestNotFound: if there is no such request.
    :raises ContentDestroyed: if it was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    request = Request.objects.filter(pk=request_id).first()
    if request is None:
        raise RequestNotFound("there is no such request")
    key = vault.open_key(request)
    tell_look(request, officer_id=officer_id, what="what was written")
    return Content(
        claims=read_claims(request),
        proven=read_proven(request),
        details=read_details(request),
        answer=vault.read_json(request, key, ANSWER),
        notes=tuple(_read_notes(request, key)),
    )


def _read_notes(request: Request, key: bytes) -> Iterator[tuple[int | None, str]]:
    noted = RequestEvent.objects.filter(request=request, detail__has_key="note").order_by("at", "pk")
    for detail in noted.values_list("detail", flat=True):
        if content := vault.read_json(request, key, part_of(detail["note"])):
            yield content.get("officer"), str(content.get("text", ""))
