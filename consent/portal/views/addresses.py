"""A new address: it is the visitor's once a code that went there was entered here."""

from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from consent.portal import visits
from consent.portal.languages import read_language
from consent.portal.pages import go, page, show
from consent.portal.preferences import browser, limits, visiting
from consent.portal.preferences.addresses import add_address
from consent.portal.preferences.codes import Asking, try_code
from consent.portal.preferences.recording import PeopleUnclear
from consent.portal.preferences.typed import mask, read_contact, takes_phones
from consent.portal.types import MailKind, Trust, Visitor
from consent.portal.views.entering import read_code, send_code, show_refused
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
        return go("choices_open")
    if request.method != "POST":
        return _show_form(request, visitor)
    if "code" in request.POST:
        return _try(request, visitor, at)
    typed = read_contact(request.POST, {visitor.controller: ""})
    if typed.errors or typed.contact is None:
        return _show_form(request, visitor, values=typed.values, errors=typed.errors)
    spend(limits.OPEN_BY_VISITOR, visits.find_network(request), at=at)
    asking = Asking(
        contact=typed.contact,
        controller=visitor.controller,
        language=read_language(request),
        kind=_KIND,
        visit_id=visitor.visit_id,
    )
    send_code(request, asking, at=at)
    return show(request, "preferences/address_code")


def _try(request: HttpRequest, visitor: Visitor, at: datetime) -> HttpResponseBase:
    spend(limits.CODE_BY_VISITOR, visits.find_network(request), at=at)
    ids, typed = browser.get_codes(request, _KIND), read_code(request)
    if not typed:
        context = {"error": "entering.code_none"}
        return show(request, "preferences/address_code", context, status=_UNPROCESSABLE)
    tried = try_code(ids, typed, at=at, kind=_KIND, visit_id=visitor.visit_id)
    if tried.contact is None:
        return show_refused(request, "preferences/address_code", tried.outcome)
    browser.forget_codes(request, _KIND)
    try:
        add_address(visitor, tried.contact, at=at)
    except PeopleUnclear:
        return show(request, "preferences/address_held", status=_CONFLICT)
    return show(request, "preferences/address_done")


def _show_form(request: HttpRequest, visitor: Visitor, **typed: object) -> HttpResponseBase:
    known = [shown for one in visitor.identifiers if (shown := mask(one))]
    context = {"known": known, "takes_phones": takes_phones(), **typed}
    return show(
        request, "preferences/address", context, status=_UNPROCESSABLE if typed.get("errors") else 200
    )
