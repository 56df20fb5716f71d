"""What a visitor's session holds: ids of requests, and what was shown of them. Nothing that names anybody."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest

from consent.requests.limits import networks

_PENDING = "portal_pending"  # a request that was made here, and waits for a code
_PROVEN = "portal_request"  # a request that was shown to be the visitor's, by a code or a link
_CONFIRMING = "portal_confirming"  # a request whose link to confirm was followed
_FRESH = "portal_fresh"  # until when what was found may be handed out
FRESH_FOR = timedelta(minutes=30)


def set_pending(request: HttpRequest, request_id: UUID) -> None:
    """Remember that the visitor made this request. It opens the page that asks for the code, and no more."""
    request.session[_PENDING] = str(request_id)


def get_pending(request: HttpRequest) -> str | None:
    """Return the id of the request that the visitor made last."""
    return request.session.get(_PENDING)


def set_confirming(request: HttpRequest, request_id: UUID) -> None:
    """Remember that the visitor followed the link to confirm this request."""
    request.session.cycle_key()
    request.session[_CONFIRMING] = str(request_id)


def get_confirming(request: HttpRequest) -> str | None:
    """Return the id of the request whose link to confirm the visitor followed."""
    return request.session.get(_CONFIRMING)


def set_proven(request: HttpRequest, request_id: UUID | str, *, fresh_until: datetime | None = None) -> None:
    """Remember that the request is the visitor's; `fresh_until`: a code was entered just now.

    The session gets another key: one that somebody else gave the visitor leads nowhere.
    """
    request.session.cycle_key()
    request.session.pop(_PENDING, None)
    request.session.pop(_CONFIRMING, None)
    request.session[_PROVEN] = str(request_id)
    request.session[_FRESH] = fresh_until.isoformat() if fresh_until else ""


def get_proven(request: HttpRequest) -> str | None:
    """Return the id of the request that the visitor showed to be theirs."""
    return request.session.get(_PROVEN)


def is_fresh(request: HttpRequest, *, at: datetime) -> bool:
    """Return whether the visitor entered a code a short while ago."""
    until = request.session.get(_FRESH, "")
    return bool(until) and at < datetime.fromisoformat(until)


def forget(request: HttpRequest) -> None:
    """Forget all that the session holds of requests; whoever is logged in besides stays so."""
    for name in (_PENDING, _PROVEN, _CONFIRMING, _FRESH):
        request.session.pop(name, None)


def find_network(request: HttpRequest) -> str:
    """Return the network that the visitor comes from."""
    return networks.find_network(request.META)
