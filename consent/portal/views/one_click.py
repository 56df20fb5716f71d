"""Unsubscribing with one click, as mail programs do (RFC 8058): a POST without cookies, answered at once.

Following the link shows a page with one button, and changes nothing: those who scan mails follow links, too.
"""

from functools import partial

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt

from consent.portal.pages import page
from consent.portal.preferences.links import LinkBroken, LinkUse, read_link
from consent.portal.preferences.pages.showing import show_entrance
from consent.portal.preferences.recording import unsubscribe
from consent.portal.types import Visitor
from consent.portal.views.entering import keep_secret, show_gone

FIELD, VALUE = "List-Unsubscribe", "One-Click"
_BAD_REQUEST = 400


@csrf_exempt  # mail programs send no cookie; and a no that somebody else sends does no more than they could
@page("GET", "POST")
def one_click(request: HttpRequest, token: str) -> HttpResponseBase:
    """Record the no that the link is for; again changes nothing. A link whose time is over is taken, too."""
    at = timezone.now()
    try:
        terms = read_link(token, use=LinkUse.ONE_CLICK)
    except LinkBroken as error:
        return keep_secret(show_gone(request, error, at=at))
    show = partial(show_entrance, request, controller=terms.controller, at=at)
    if request.method != "POST":
        return keep_secret(show("one_click"))
    if not _asks(request):
        context = {"is_wrong": True}
        return keep_secret(show("one_click", context, status=_BAD_REQUEST))
    visitor = Visitor(
        visit_id="",
        controller=terms.controller,
        trust=terms.trust,
        identifiers=terms.identifiers,
        until=at,
        purpose=terms.purpose,
    )
    unsubscribe(visitor, at=at)
    return keep_secret(show("unsubscribed"))


def _asks(request: HttpRequest) -> bool:
    """Return whether the body says what RFC 8058 has it say, as a form of either kind."""
    try:
        posted: MultiValueDict[str, str] = request.POST
    except (MultiPartParserError, SuspiciousOperation):  # the latter: too long, or too many fields
        return False
    return any(
        name.lower() == FIELD.lower() and VALUE.lower() in (one.strip().lower() for one in values)
        for name, values in posted.lists()
    )
