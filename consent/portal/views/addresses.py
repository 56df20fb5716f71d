"""A new address: it is the visitor's once a code that went there was entered here."""

from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from consent.portal import visits
from consent.portal.languages import read_language
from consent.portal.pages import go, page
from consent.portal.preferences import browser, limits, visiting
from consent.portal.preferences.addresses import add_address
from consent.portal.preferences.codes import Asking, try_code
from consent.portal.preferences.pages import wishes
from consent.portal.preferences.pages.showing import name_controller, show_page
from consent.portal.preferences.recording import PeopleUnclear
from consent.portal.preferences.typed import mask, read_contact, takes_phones
from consent.portal.types import MailKind, Trust, Visitor
from consent.portal.views.entering import name_refusal, read_code, send_code
from consent.requests.limits.counting import spend

_KIND = MailKind.NEW_ADDRESS
_UNPROCESSABLE = 422
_CONFLICT = 409


@page("GET", "POST")
def choices_address(request: HttpRequest) -> HttpResponseBase:
    """Ask for the new address, then for the code that was sent there; then have both be one person's."""
    at = timezone.now()
    visitor = visiting.read(request, at=at)
    if visitor is None or visitor.trust is not Trust.PROVEN:
        wishes.keep(request, "choices_address")
        return go("choices_open")
    if request.method != "POST":
        return _show_form(request, visitor, at)
    if "code" in request.POST:
        return _try(request, visitor, at)
    typed = read_contact(request.POST, {visitor.controller: ""})
    if typed.errors or typed.contact is None:
        return _show_form(request, visitor, at, values=typed.values, errors=typed.errors)
    spend(limits.OPEN_BY_VISITOR, visits.find_network(request), at=at)
    asking = Asking(
        contact=typed.contact,
        controller=visitor.controller,
        language=read_language(request),
        kind=_KIND,
        visit_id=visitor.visit_id,
    )
    send_code(request, asking, at=at)
    return _show(request, visitor, "address_code", at)


def _try(request: HttpRequest, visitor: Visitor, at: datetime) -> HttpResponseBase:
    spend(limits.CODE_BY_VISITOR, visits.find_network(request), at=at)
    ids, typed = browser.get_codes(request, _KIND), read_code(request)
    if not typed:
        return _show_code(request, visitor, at, error="entering.code_none")
    tried = try_code(ids, typed, at=at, kind=_KIND, visit_id=visitor.visit_id)
    if tried.contact is None:
        return _show_code(request, visitor, at, error=name_refusal(tried.outcome))
    browser.forget_codes(request, _KIND)
    try:
        add_address(visitor, tried.contact, at=at)
    except PeopleUnclear:
        return _show(request, visitor, "address_held", at, status=_CONFLICT)
    return _show(request, visitor, "address_done", at)


def _show_code(request: HttpRequest, visitor: Visitor, at: datetime, *, error: str) -> HttpResponseBase:
    return _show(request, visitor, "address_code", at, {"error": error}, status=_UNPROCESSABLE)


def _show_form(request: HttpRequest, visitor: Visitor, at: datetime, **typed: object) -> HttpResponseBase:
    known = [shown for one in visitor.identifiers if (shown := mask(one))]
    context = {"known": known, "takes_phones": takes_phones(), **typed}
    status = _UNPROCESSABLE if typed.get("errors") else 200
    return _show(request, visitor, "address", at, context, status=status)


def _show(
    request: HttpRequest,
    visitor: Visitor,
    template: str,
    at: datetime,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> HttpResponseBase:
    title = name_controller(visitor, at=at)
    return show_page(request, visitor, template, context, controller=title, status=status)
