"""The ways into the preference centre: an address and a code, or a link."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.portal import visits
from consent.portal.languages import read_language
from consent.portal.pages import go, page
from consent.portal.preferences import browser, limits, visiting
from consent.portal.preferences.codes import Asking, ask, try_code
from consent.portal.preferences.links import (
    LinkBroken,
    LinkOver,
    LinkTerms,
    LinkUsed,
    open_link,
    use_link,
)
from consent.portal.preferences.pages import wishes
from consent.portal.preferences.pages.showing import show_entrance
from consent.portal.preferences.policy import get_document, list_controllers
from consent.portal.preferences.signals import keep_device, note_signal
from consent.portal.preferences.typed import Typed, mask, read_contact, takes_phones
from consent.portal.types import MailKind, Trust, Visitor
from consent.requests.limits.counting import spend
from consent.requests.verification.codes import CodeCheck
from consent.requests.verification.contacts import Contact

_UNPROCESSABLE = 422
AGAIN = "again"


@page("GET", "POST")
def choices_open(request: HttpRequest) -> HttpResponseBase:
    """Ask for an address, and send a code there. Known or not, the same page follows."""
    at = timezone.now()
    controllers, visitor = list_controllers(get_document(at=at)), visiting.read(request, at=at)
    if request.method != "POST":
        return _show_open(request, controllers, Typed(values={"brand": _find_brand(request, visitor)}), at)
    typed = read_contact(request.POST, controllers)
    if typed.errors or typed.contact is None:
        return _show_open(request, controllers, typed, at)
    spend(limits.OPEN_BY_VISITOR, visits.find_network(request), at=at)
    asking = Asking(contact=typed.contact, controller=typed.controller, language=read_language(request))
    send_code(request, asking, at=at)
    browser.set_controller(request, typed.controller)
    return go("choices_code")


@page("GET", "POST")
def choices_code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code that was sent, and open the choices with it."""
    if not browser.get_codes(request, MailKind.CODE):
        return go("choices_open")
    at = timezone.now()
    if request.method != "POST":
        return _show_code(request, at)
    spend(limits.CODE_BY_VISITOR, visits.find_network(request), at=at)
    typed = read_code(request)
    if not typed:
        return _show_code(request, at, error="entering.code_none")
    tried = try_code(browser.get_codes(request, MailKind.CODE), typed, at=at)
    if tried.contact is None:
        return _show_code(request, at, error=name_refusal(tried.outcome))
    visiting.begin(request, _terms_of(tried.contact, tried.controller, at), at=at)
    browser.forget_codes(request, MailKind.CODE)
    return go_in(request)


@page("GET", "POST")
def choices_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Open the choices by a link. One that works once is used up by its page's button alone."""
    at = timezone.now()
    try:
        terms = open_link(token, at=at)
        if request.method == "POST":
            return _enter_by_link(request, token, at)
        if terms.works_once:
            shown = next(filter(None, map(mask, terms.identifiers)), "")
            context = {"shown": shown}
            return keep_secret(show_entrance(request, "link", context, controller=terms.controller, at=at))
        spend(limits.LINK_BY_VISITOR, visits.find_network(request), at=at)
        visiting.begin(request, terms, at=at)
        browser.set_controller(request, terms.controller)
        wishes.forget(request)
        return keep_secret(go("choices"))
    except (LinkBroken, LinkOver, LinkUsed) as error:
        return keep_secret(show_gone(request, error, at=at))


@page("POST")
def choices_leave(request: HttpRequest) -> HttpResponseBase:
    """End the visit."""
    at = timezone.now()
    visitor = visiting.read(request, at=at)
    visiting.end(request)
    wishes.forget(request)
    for kind in MailKind:
        browser.forget_codes(request, kind)
    request.session.cycle_key()
    controller = visitor.controller if visitor else browser.get_controller(request)
    return show_entrance(request, "left", controller=controller, at=at)


def send_code(request: HttpRequest, asking: Asking, *, at: datetime) -> None:
    """Have a code sent, and remember in the browser's session that it was asked for here."""
    earlier = browser.get_codes(request, asking.kind)
    browser.set_codes(request, asking.kind, ask(asking, earlier=earlier, at=at))


def read_code(request: HttpRequest) -> str:
    """Return the code as it was typed."""
    return request.POST.get("code", "").strip()[:64]


def name_refusal(outcome: CodeCheck) -> str:
    """Return the name of the text that says what was wrong with a code."""
    return f"entering.code_{outcome.value}"


def go_in(request: HttpRequest) -> HttpResponseBase:
    """Let the visitor, who has shown who they are, come to where they wanted to go."""
    response = redirect(wishes.take(request))
    response.status_code = 303
    return response


def show_gone(request: HttpRequest, error: AccordantError, *, at: datetime) -> HttpResponseBase:
    """Return the page for a link that leads nowhere, and another way in."""
    context, controller = {"kind": error.code}, browser.get_controller(request)
    return show_entrance(request, "gone", context, controller=controller, at=at, status=error.status)


def keep_secret(response: HttpResponseBase) -> HttpResponseBase:
    """Keep the token of a page's address from other sites."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@transaction.atomic
def _enter_by_link(request: HttpRequest, token: str, at: datetime) -> HttpResponseBase:
    visiting.begin(request, use_link(token, at=at), at=at)
    return keep_secret(go_in(request))


def _terms_of(contact: Contact, controller: str, at: datetime) -> LinkTerms:
    return LinkTerms(
        controller=controller,
        trust=Trust.PROVEN,
        identifiers=(contact.as_identifier(),),
        expires_at=at,
    )


def _find_brand(request: HttpRequest, visitor: Visitor | None) -> str:
    """Return the controller that the visitor most likely comes for."""
    told = request.GET.get("controller", "")
    return told or (visitor.controller if visitor else browser.get_controller(request))


def _show_open(
    request: HttpRequest, controllers: dict[str, str], typed: Typed, at: datetime
) -> HttpResponseBase:
    visitor = visiting.read(request, at=at)
    signal = note_signal(request, visitor, at=at)
    context = {
        "controllers": controllers.items() if len(controllers) > 1 else (),
        "values": typed.values,
        "errors": typed.errors,
        "takes_phones": takes_phones(),
        "was_here": visitor is None and visiting.was_here(request),
        "signal": signal,
    }
    status = _UNPROCESSABLE if typed.errors else 200
    brand = typed.values.get("brand", "")
    response = show_entrance(request, "open", context, controller=brand, at=at, status=status)
    response["Vary"] = "Accept-Language, Cookie, Sec-GPC"
    keep_device(request, response, signal)
    return response


def _show_code(request: HttpRequest, at: datetime, *, error: str = "") -> HttpResponseBase:
    status, controller = _UNPROCESSABLE if error else 200, browser.get_controller(request)
    return show_entrance(request, "code", {"error": error}, controller=controller, at=at, status=status)
