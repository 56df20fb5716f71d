"""The ways into the preference centre: an address and a code, or a link."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from consent.portal import visits
from consent.portal.languages import read_language
from consent.portal.pages import go, page, show
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
from consent.portal.preferences.policy import get_document, list_controllers
from consent.portal.preferences.typed import Typed, mask, read_contact, takes_phones
from consent.portal.types import MailKind, Trust
from consent.requests.limits.counting import spend
from consent.requests.verification.codes import CodeCheck
from consent.requests.verification.contacts import Contact

_UNPROCESSABLE = 422
AGAIN = "again"


@page("GET", "POST")
def choices_open(request: HttpRequest) -> HttpResponseBase:
    """Ask for an address, and send a code there. Known or not, the same page follows."""
    at = timezone.now()
    controllers = list_controllers(get_document(at=at))
    if request.method != "POST":
        return _show_open(request, controllers, Typed(values={"brand": request.GET.get("controller", "")}))
    typed = read_contact(request.POST, controllers)
    if typed.errors or typed.contact is None:
        return _show_open(request, controllers, typed)
    spend(limits.OPEN_BY_VISITOR, visits.find_network(request), at=at)
    asking = Asking(contact=typed.contact, controller=typed.controller, language=read_language(request))
    send_code(request, asking, at=at)
    return go("choices_code")


@page("GET", "POST")
def choices_code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code that was sent, and open the choices with it."""
    if not browser.get_codes(request, MailKind.CODE):
        return go("choices_open")
    if request.method != "POST":
        return show(request, "preferences/code")
    at = timezone.now()
    spend(limits.CODE_BY_VISITOR, visits.find_network(request), at=at)
    typed = read_code(request)
    if not typed:
        return show(request, "preferences/code", {"error": "entering.code_none"}, status=_UNPROCESSABLE)
    tried = try_code(browser.get_codes(request, MailKind.CODE), typed, at=at)
    if tried.contact is None:
        return show_refused(request, "preferences/code", tried.outcome)
    visiting.begin(request, _terms_of(tried.contact, tried.controller, at), at=at)
    browser.forget_codes(request, MailKind.CODE)
    return go("choices")


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
            return keep_secret(show(request, "preferences/link", {"shown": shown}))
        spend(limits.LINK_BY_VISITOR, visits.find_network(request), at=at)
        visiting.begin(request, terms, at=at)
        return keep_secret(go("choices"))
    except (LinkBroken, LinkOver, LinkUsed) as error:
        return keep_secret(show(request, "preferences/gone", {"kind": error.code}, status=error.status))


@page("POST")
def choices_leave(request: HttpRequest) -> HttpResponseBase:
    """End the visit."""
    visiting.end(request)
    for kind in MailKind:
        browser.forget_codes(request, kind)
    request.session.cycle_key()
    return show(request, "preferences/left")


def send_code(request: HttpRequest, asking: Asking, *, at: datetime) -> None:
    """Have a code sent, and remember in the browser's session that it was asked for here."""
    earlier = browser.get_codes(request, asking.kind)
    browser.set_codes(request, asking.kind, ask(asking, earlier=earlier, at=at))


def read_code(request: HttpRequest) -> str:
    """Return the code as it was typed."""
    return request.POST.get("code", "").strip()[:64]


def show_refused(request: HttpRequest, template: str, outcome: CodeCheck) -> HttpResponseBase:
    """Return the page again, with what was wrong with the code."""
    return show(request, template, {"error": f"entering.code_{outcome.value}"}, status=_UNPROCESSABLE)


def keep_secret(response: HttpResponseBase) -> HttpResponseBase:
    """Keep the token of a page's address from other sites, and from Django's log of paths."""
    response.headers["Referrer-Policy"] = "no-referrer"
    vars(response)["_has_been_logged"] = True
    return response


@transaction.atomic
def _enter_by_link(request: HttpRequest, token: str, at: datetime) -> HttpResponseBase:
    visiting.begin(request, use_link(token, at=at), at=at)
    return keep_secret(go("choices"))


def _terms_of(contact: Contact, controller: str, at: datetime) -> LinkTerms:
    return LinkTerms(
        controller=controller,
        trust=Trust.PROVEN,
        identifiers=(contact.as_identifier(),),
        expires_at=at,
    )


def _show_open(request: HttpRequest, controllers: dict[str, str], typed: Typed) -> HttpResponseBase:
    context = {
        "controllers": controllers.items() if len(controllers) > 1 else (),
        "values": typed.values,
        "errors": typed.errors,
        "takes_phones": takes_phones(),
        "was_here": visiting.was_here(request),
    }
    return show(request, "preferences/open", context, status=_UNPROCESSABLE if typed.errors else 200)
