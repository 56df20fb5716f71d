"""Looking at what is sealed about a request: each look is told to the ledger's audit stream, first."""

import json
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
from consent.requests.models import Request, RequestEvent
from consent.requests.types import RequestNotFound
from consent.subjects.types import IdentifierKind

READ_KIND = "request_content_read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the person said of themselves, and what officers noted. Never logged."""

    identifiers: tuple[tuple[IdentifierKind, tuple[str, ...]], ...] = field(repr=False)
    details: Mapping[str, Any] = field(repr=False)
    """What the person wrote: by name."""
    notes: Mapping[str, str] = field(repr=False)
    """Officers' notes: id -> text."""


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
    with transaction.atomic():
        body = {"request": request.reference, "officer": officer_id}
        ledger.append(stream=Stream.AUDIT, entries=[NewEntry(READ_KIND, body)], recorded_at=get_time())
    person = vault.read_json(request, key, vault.PERSON)
    return Content(
        identifiers=tuple((IdentifierKind(kind), tuple(values)) for kind, values in sorted(person.items())),
        details=_read_details(request, key),
        notes=dict(_read_notes(request, key)),
    )


def _read_details(request: Request, key: bytes) -> Mapping[str, Any]:
    """Return what the person wrote: an object by name, or, as one text, under `details`."""
    try:
        content = vault.read_json(request, key, vault.DETAILS)
    except json.JSONDecodeError:
        return {"details": vault.read_part(request, key, vault.DETAILS).decode(errors="replace")}
    return content


def _read_notes(request: Request, key: bytes) -> Iterator[tuple[str, str]]:
    noted = RequestEvent.objects.filter(request=request, detail__has_key="note").order_by("at", "pk")
    for detail in noted.values_list("detail", flat=True):
        if content := vault.read_json(request, key, part_of(detail["note"])):
            yield detail["note"], str(content.get("text", ""))
