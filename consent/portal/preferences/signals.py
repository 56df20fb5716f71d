"""The Global Privacy Control: a browser that says no for whoever sits before it.

Of a known person it is recorded as theirs; of somebody unknown, as their device's, which a cookie of ours
names by a random number. Each is recorded once, and again only after a yes that it speaks against: one that
was said after the notice of the conflict stands (11 CCR 7025(c)(3)).
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from consent.portal.preferences import policy
from consent.portal.preferences.said import Said, read_said
from consent.portal.types import Trust, Visitor
from consent.records.queries import list_last_words
from consent.records.services import hear_gpc, record_rows
from consent.records.types import ANY_PURPOSE, Choice, Fault, NewChoice, NewRow, SignalKind
from consent.requests.limits.counting import spend
from consent.requests.limits.networks import find_network
from consent.requests.limits.rules import HOUR, Limit, TooMany
from consent.signals import gpc
from consent.subjects.types import Identifier, IdentifierKind

SOURCE = "global privacy control"
COOKIE = "accordant_device"
COOKIE_KEPT = timedelta(days=395)  # 13 months
NEW_DEVICES = Limit(name="signal-device", most=30, span=HOUR)
"""How many devices one network may make known an hour: each is a person to the ledger."""
_DEVICE = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalState:
    """What became of a browser's signal."""

    is_seen: bool
    """The browser sends it now."""
    is_recorded: bool = False
    """It is on record, of the person or of the device."""
    device: str = field(default="", repr=False)
    """A device made known now, whose cookie `keep_device` has the browser keep."""


def is_signalled(request: HttpRequest) -> bool:
    """Return whether the browser asks not to sell or share the person's data."""
    return gpc.is_signalled(request.headers.get(gpc.HEADER))


def note_signal(request: HttpRequest, visitor: Visitor | None, *, at: datetime) -> SignalState:
    """Record the signal that the request carries, unless it is on record, and return what is known of it.

    Without a visitor it is the device's. A network that makes too many devices known has none recorded.
    """
    if not is_signalled(request):
        return SignalState(is_seen=False)
    if visitor is not None:
        return SignalState(is_seen=True, is_recorded=_record(visitor, at=at))
    known = read_device(request)
    try:
        if not known:
            spend(NEW_DEVICES, find_network(request.META), at=at)
    except TooMany:
        return SignalState(is_seen=True)
    device = known or secrets.token_urlsafe(16)
    is_recorded = _record(_as_visitor(device, at=at), at=at)
    return SignalState(is_seen=True, is_recorded=is_recorded, device="" if known else device)


def read_device(request: HttpRequest) -> str:
    """Return the number of the visitor's device; empty if it has none of ours."""
    told = request.COOKIES.get(COOKIE, "")
    return told if _DEVICE.fullmatch(told) else ""


def keep_device(request: HttpRequest, response: HttpResponseBase, state: SignalState) -> None:
    """Have the browser keep the number of a device that was made known now."""
    if state.device:
        response.set_cookie(
            COOKIE,
            state.device,
            max_age=COOKIE_KEPT,
            secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


@transaction.atomic
def _record(visitor: Visitor, *, at: datetime) -> bool:
    """Write the signal unless it stands, and return whether it is on record now."""
    controller = visitor.controller or None
    said = read_said(visitor.identifiers, controller=controller, at=at)
    if _stands(said, controller=visitor.controller, at=at):
        return True
    heeding = policy.heeds_signals(policy.get_document(at=at))
    words = list_last_words(refs=said.refs, purposes=heeding, controller=visitor.controller)
    choice = NewChoice(
        purpose=ANY_PURPOSE,
        choice=Choice.SIGNAL,
        effective_at=at,
        controller=controller,
        method="gpc",
        by=SignalKind.GPC,
    )
    signals = hear_gpc(controller, came_as="header", at=at, words=words.values())
    row = NewRow(visitor.identifiers, (choice,), (), signals=signals)
    [outcome] = record_rows(rows=[row], source=SOURCE, at=at)
    return not isinstance(outcome, Fault)


def _stands(said: Said, *, controller: str, at: datetime) -> bool:
    """Return whether the signal is on record of everybody, and no yes that it speaks against came later."""
    signals = [one for one in said.signals() if one.purpose == ANY_PURPOSE]
    if not signals or not said.refs <= {one.subject_ref for one in signals}:
        return False
    heeding = policy.heeds_signals(policy.get_document(at=at))
    words = list_last_words(refs=said.refs, purposes=heeding, controller=controller)
    latest = said.latest_yes(
        slug for slug in heeding if slug not in words or not words[slug].after_conflict_notice
    )
    return latest is None or latest < min(one.effective_at for one in signals)


def _as_visitor(device: str, *, at: datetime) -> Visitor:
    """Return an unknown visitor: a no that names no controller speaks to each of them."""
    number = Identifier(IdentifierKind.COOKIE_ID, device, is_normalised=True)
    return Visitor(visit_id="", controller="", trust=Trust.DEVICE, identifiers=(number,), until=at)
