"""Requests as callers of the API see them: where they stand, and nothing of whom they are about."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from consent.kernel.errors import AccordantError
from consent.requests.clocks.explaining import explain_request as explain_clocks
from consent.requests.clocks.types import ComputedDate
from consent.requests.models import Request
from consent.requests.people import find_shown
from consent.requests.types import RequestNotFound, RequestState, RequestType
from consent.subjects.types import Identifier


class PageUnknown(AccordantError):
    """The page's mark is none that was given out."""

    code = "page_unknown"
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """Where a request stands."""

    id: UUID
    reference: str
    type: RequestType
    state: RequestState
    controller: str
    jurisdiction: str
    received_at: datetime
    acknowledged_at: datetime | None
    due_on: date | None
    extended_due_on: date | None
    is_paused: bool
    is_extended: bool
    is_verified: bool
    joined: bool
    closed_at: datetime | None
    ground: str
    version: int
    """What an officer's act has to name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRequest(RequestView):
    """Where a request stands, and how its dates are counted."""

    acknowledge_by: ComputedDate | None
    due: ComputedDate
    extended_due: ComputedDate | None
    zone: str
    check_before_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """Some requests, the latest first."""

    requests: tuple[RequestView, ...]
    next_page: str
    """Where to go on; empty: this was the last page."""


def get_request(*, request_id: UUID) -> RequestView:
    """Return where the request stands.

    :raises RequestNotFound: if there is none.
    """
    return RequestView(**_fields(_find(request_id)))


def explain_request(*, request_id: UUID) -> ExplainedRequest:
    """Return where the request stands, and how its dates are counted.

    :raises RequestNotFound: if there is none.
    """
    request = _find(request_id)
    deadlines = explain_clocks(request)
    return ExplainedRequest(
        **_fields(request),
        acknowledge_by=deadlines.acknowledge_by,
        due=deadlines.due_on,
        extended_due=deadlines.extended_due_on,
        zone=deadlines.zone,
        check_before_use=deadlines.check_before_use,
    )


def list_requests(
    *,
    state: str | None = None,
    type: str | None = None,  # noqa: A002 - what it is called everywhere
    controller: str | None = None,
    received_after: datetime | None = None,
    received_before: datetime | None = None,
    limit: int = 50,
    page: str | None = None,
) -> RequestPage:
    """Return requests, the latest first, up to `limit` a page. One statement, however many there are.

    :raises PageUnknown: if `page` is none that was given out.
    """
    given = {
        "state": state,
        "type": type,
        "controller": controller,
        "received_at__gt": received_after,
        "received_at__lt": received_before,
    }
    rows = Request.objects.filter(**{name: value for name, value in given.items() if value is not None})
    if page is not None:
        received_at, last = _read_mark(page)
        rows = rows.filter(
            Q(received_at__lt=received_at) | Q(received_at=received_at, pk__gt=last),
            received_at__lte=received_at,
        )
    found = list(rows.order_by("-received_at", "pk")[: limit + 1])
    shown = found[:limit]
    return RequestPage(
        requests=tuple(RequestView(**_fields(one)) for one in shown),
        next_page=_make_mark(shown[-1]) if len(found) > limit else "",
    )


def list_requests_of(identifiers: Iterable[Identifier], *, limit: int = 50) -> list[tuple[RequestView, bool]]:
    """Return the latest requests that any of `identifiers` leads to, each with whether one was proven.

    One that merely names an identifier need not be its person's. Two statements, however many there are.
    """
    proven = find_shown(identifiers)
    rows = Request.objects.defer("wrapped", "sealed").filter(pk__in=list(proven))
    found = rows.order_by("-received_at", "pk")[:limit]
    return [(RequestView(**_fields(one)), proven[one.pk]) for one in found]


def _find(request_id: UUID) -> Request:
    request = Request.objects.filter(pk=request_id).first()
    if request is None:
        raise RequestNotFound("there is no such request")
    return request


def _fields(request: Request) -> dict[str, Any]:
    return {
        "id": request.pk,
        "reference": request.reference,
        "type": RequestType(request.type),
        "state": RequestState(request.state),
        "controller": request.controller,
        "jurisdiction": request.jurisdiction,
        "received_at": request.received_at,
        "acknowledged_at": request.acknowledged_at,
        "due_on": request.due_on,
        "extended_due_on": request.extended_due_on,
        "is_paused": request.paused_at is not None,
        "is_extended": request.extended_at is not None,
        "is_verified": request.verified_at is not None,
        "joined": request.joined_to_id is not None,
        "closed_at": request.closed_at,
        "ground": request.ground,
        "version": request.version,
    }


def _make_mark(request: Request) -> str:
    return base64.urlsafe_b64encode(f"{request.received_at.isoformat()} {request.pk}".encode()).decode()


def _read_mark(page: str) -> tuple[datetime, UUID]:
    try:
        received_at, _, last = base64.urlsafe_b64decode(page).decode("ascii").partition(" ")
        return datetime.fromisoformat(received_at).astimezone(UTC), UUID(last)
    except (binascii.Error, ValueError, OverflowError):
        raise PageUnknown("page: the mark that the page before ended with is expected") from None
