"""How pages of the preference centre are answered: in the controller's dress, small, kept by nobody."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from consent.portal.languages import read_language
from consent.portal.pages import show
from consent.portal.preferences import recording
from consent.portal.preferences.pages.dressing import Dress
from consent.portal.preferences.pages.opening import Opened, open_choices
from consent.portal.preferences.pages.saving import Told
from consent.portal.preferences.policy import get_document, list_controllers
from consent.portal.preferences.signals import note_signal
from consent.portal.types import Trust, Visitor


def is_swapped(request: HttpRequest) -> bool:
    """Return whether htmx asks, which puts the answer into the page that is open."""
    return request.headers.get("HX-Request") == "true"


def open_for(request: HttpRequest, visitor: Visitor, *, at: datetime) -> Opened:
    """Return the visitor's page of choices, in their language; their browser's signal is on record then."""
    signal = note_signal(request, visitor, at=at)
    return open_choices(visitor, language=read_language(request), is_signalled=signal.is_seen, at=at)


def show_choices(
    request: HttpRequest,
    visitor: Visitor,
    opened: Opened,
    told: Mapping[str, Any] | None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the page of choices; for htmx, what changes of it."""
    purpose = told["purpose"] if told else ""
    row = opened.find(purpose) if purpose else None
    context = {
        "opened": opened,
        "told": told or {},
        "gone": bool(purpose) and row is None and purpose not in {"*", "undo"},
        "title": row.offer.title if row else "",
        "is_proven": visitor.trust is Trust.PROVEN,
        "may_grant": recording.may_grant(visitor),
        "has_sales": any(row.offer.heeds_signal for row in opened.rows),
        "minutes": max(1, round(settings.PULL_THROUGH_DUE / timedelta(minutes=1))),
        "policy_is_foreign": settings.POLICY_LANGUAGE.partition("-")[0].lower() != read_language(request),
    }
    template = "swapped" if is_swapped(request) else "choices"
    response = show_page(request, visitor, template, context, controller=opened.controller, status=status)
    response["Vary"] = "Accept-Language, Cookie, HX-Request, Sec-GPC"
    return response


def show_page(
    request: HttpRequest,
    visitor: Visitor | None,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    controller: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return a page of the preference centre, dressed for the controller that the visit is about."""
    slug = visitor.controller if visitor else ""
    dressed = {"controller_slug": slug, "controller": controller or "", **(context or {})}
    return show(request, f"preferences/{template}", dressed, status=status)


def show_entrance(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    controller: str,
    at: datetime,
    status: int = 200,
) -> HttpResponse:
    """Return a page on the way in or out, dressed for `controller`, if the policy has it; else for nobody."""
    known = list_controllers(get_document(at=at))
    slug = controller if controller in known else next(iter(known)) if len(known) == 1 else ""
    dressed = {"controller_slug": slug, "controller": known.get(slug, ""), **(context or {})}
    return show(request, f"preferences/{template}", dressed, status=status)


def show_sample(request: HttpRequest, controller: str, worn: Dress, *, at: datetime) -> HttpResponse:
    """Return the page of choices as somebody sees it who has chosen nothing, in a look that is tried out."""
    nobody = Visitor(visit_id="", controller=controller, trust=Trust.PROVEN, identifiers=(), until=at)
    opened = open_choices(nobody, language=read_language(request), is_signalled=False, at=at)
    context = {
        "opened": opened,
        "told": {},
        "worn": worn,
        "is_proven": True,
        "controller": opened.controller,
        "policy_is_foreign": False,
        "is_sample": True,  # without a script: the frame it is shown in runs none
    }
    return show(request, "preferences/choices", context)


def name_controller(visitor: Visitor, *, at: datetime) -> str:
    """Return what the visit's controller is called."""
    return list_controllers(get_document(at=at)).get(visitor.controller, visitor.controller)


def as_told(told: Told) -> dict[str, Any]:
    """Return what to tell, as templates read it."""
    return asdict(told)


def without_scripts(response: HttpResponseBase) -> HttpResponseBase:
    """Have a file that somebody else made shown as a picture at most: nothing in it runs or loads."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
