"""Links that were sent to people. What follows one is a page without the token in its address."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from consent.portal import visits
from consent.portal.pages import go, page, show
from consent.requests.limits import rules as limits
from consent.requests.limits.counting import spend
from consent.requests.mails.linking import send_new_link
from consent.requests.mails.links import find_link
from consent.requests.types import LinkPurpose

_GONE = 410


@page("GET")
def follow_to_status(request: HttpRequest) -> HttpResponseBase:
    """Open the page of a request."""
    return _follow(request, LinkPurpose.STATUS, visits.set_proven, "status")


@page("GET")
def follow_to_package(request: HttpRequest) -> HttpResponseBase:
    """Open the page of a package, which asks for a code first."""
    return _follow(request, LinkPurpose.PACKAGE, visits.set_proven, "package")


@page("GET")
def follow_to_confirm(request: HttpRequest) -> HttpResponseBase:
    """Open the page that asks whether it was them."""
    return _follow(request, LinkPurpose.CONFIRM, visits.set_confirming, "confirm")


@page("GET", "POST")
def ask_for_link(request: HttpRequest) -> HttpResponseBase:
    """Have a new link sent to whoever lost theirs; the answer tells nothing of whether there is anything."""
    if request.method != "POST":
        return show(request, "link")
    reference = request.POST.get("reference", "").strip()[:64]
    email = request.POST.get("email", "").strip()[:254]
    errors = {name: "required" for name, typed in (("reference", reference), ("email", email)) if not typed}
    if errors:
        context = {"errors": errors, "reference": reference, "email": email}
        return show(request, "link", context, status=422)
    at = timezone.now()
    spend(limits.LINK_BY_VISITOR, visits.find_network(request), at=at)
    spend(limits.LINK_BY_CONTACT, email.lower(), at=at)
    send_new_link(reference=reference, email=email)
    return show(request, "told", {"title": "link.sent_title", "text": "link.sent"})


def _follow(
    request: HttpRequest, purpose: LinkPurpose, remember: Callable[[HttpRequest, UUID], None], to: str
) -> HttpResponseBase:
    """Look up the token of the address, and go on without it: it is in no page's address, nor sent on."""
    at = timezone.now()
    found = find_link(request.GET.get("token", ""), purpose, at=at)
    if found is None:
        spend(limits.LINK_BY_VISITOR, visits.find_network(request), at=at)
        response: HttpResponseBase = show(request, "ended", status=_GONE)
    else:
        remember(request, found.pk)
        response = go(to)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
