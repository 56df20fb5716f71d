"""The audit trail: every action of an officer is told to the ledger, before it is done and after.

Before: if that cannot be written, nothing is done. After: how it was answered (ADR 38). Neither holds what a
form held, and neither names a person.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import unquote
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from activation.checks import wire
from consent.kernel.ids import new_id
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream

logger = logging.getLogger(__name__)
ACTING, ACTED = "officer_acting", "officer_acted"
NOTHING_DONE = (
    "Nothing was done. What officers do is put on record first, and the record cannot be written now."
    " Try again in a moment.\n"
)
DONE_UNTOLD = (
    "It may have been done. That it was begun is on record; how it ended could not be written."
    " Look at the page before you do it again.\n"
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_ADMIN = "admin"
_OF_ACCOUNTS = ("account_", "mfa_", "socialaccount_", "usersessions_")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_REFUSED, _FAILED = 400, 500


@dataclass(frozen=True, slots=True)
class Action:
    """What an officer is doing: where, to what, and how it is told apart from all others."""

    id: str
    officer: int
    page: str
    method: str
    arguments: Mapping[str, str]
    request_id: str | None

    def tell(self, kind: str, **outcome: object) -> None:
        """Put it on record.

        :raises DatabaseError: if the record cannot be written.
        """
        body = {
            "action": self.id,
            "officer": self.officer,
            "page": self.page,
            "method": self.method,
            "arguments": dict(self.arguments),
            "request_id": self.request_id,
            **outcome,
        }
        with transaction.atomic():
            ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])


class Middleware:
    """Stands behind what may turn a request away unseen, before the doorkeeper: refusals are told, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, once it is on record; nothing is handed out that is not."""
        response = self._get_response(request)
        action: Action | None = getattr(request, "officer_action", None)
        if action is None or not (action.method not in _SAFE or _is_file(response)):
            return response
        try:
            action.tell(ACTED, outcome=_name(response.status_code), status=response.status_code)
        except Exception:  # whatever it was, the answer must not look as if all was well
            logger.exception("the end of an officer's action is not on record: %s", action.id)
            return _sorry(DONE_UNTOLD if action.method not in _SAFE else NOTHING_DONE)
        return response

    def process_view(
        self, request: HttpRequest, _view: object, _arguments: object, named: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Put on record that the officer begins. If that fails, the page is not reached."""
        page = _page_of(request)
        if page is None or not (request.user.is_active and request.user.is_staff):
            return None
        action = _describe(request, page, named)
        if action.method not in _SAFE:
            try:
                action.tell(ACTING)
            except Exception:  # whatever it was: what cannot be told is not done
                logger.exception("an officer's action is not on record: nothing was done")
                return _sorry(NOTHING_DONE)
        request.officer_action = action  # type: ignore[attr-defined]  # for the answer
        return None


def _page_of(request: HttpRequest) -> str | None:
    """Return the name of the address, if it is one where officers work."""
    match = request.resolver_match
    if match is None:
        return None
    is_ours = _ADMIN in match.namespaces or (match.url_name or "").startswith(_OF_ACCOUNTS)
    return (match.view_name or match.route) if is_ours else None


def _describe(request: HttpRequest, page: str, named: Mapping[str, Any]) -> Action:
    texts = {name: unquote(str(value)) for name, value in named.items()}
    return Action(
        id=new_id("act"),
        officer=int(request.user.pk or 0),
        page=page,
        method=request.method or "",
        arguments={name: text for name, text in texts.items() if _ID.fullmatch(text)},
        request_id=wire.read_request_id(request.headers.get(wire.HEADER)),
    )


def _is_file(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Disposition", "").startswith("attachment")


def _name(status: int) -> str:
    if status >= _FAILED:
        return "failed"
    return "refused" if status >= _REFUSED else "answered"


def _sorry(words: str) -> HttpResponse:
    headers = {"Retry-After": "5", "Cache-Control": "no-store"}
    return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8", headers=headers)
