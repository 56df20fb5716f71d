"""What the session holds of the pages: what to tell next, and which receipts this visit made."""

from typing import Any

from django.http import HttpRequest

from consent.portal.preferences.pages.saving import Told
from consent.portal.preferences.visiting import RECEIPTS, TOLD

_MOST_RECEIPTS = 100


def keep(request: HttpRequest, told: Told) -> None:
    """Keep what to tell on the next page, and let the visitor take the receipts of what they said."""
    remember(request, told)
    request.session[TOLD] = told.as_kept()


def remember(request: HttpRequest, told: Told) -> None:
    """Let the visitor take the receipts of what they said."""
    known = [*request.session.get(RECEIPTS, ()), *told.record_ids]
    request.session[RECEIPTS] = list(dict.fromkeys(known))[-_MOST_RECEIPTS:]


def take(request: HttpRequest) -> dict[str, Any] | None:
    """Return what to tell, once."""
    told: dict[str, Any] | None = request.session.pop(TOLD, None)
    return told


def is_own(request: HttpRequest, record_id: str) -> bool:
    """Return whether the record was made in this session."""
    return record_id in request.session.get(RECEIPTS, ())
