"""Showing that a request is the visitor's own: by a code, or by the link that we sent to its address."""

from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from consent.portal import visits
from consent.portal.pages import go, page, show
from consent.portal.views.asking import find_made, go_on, waits_for_code
from consent.requests.intake.confirming import confirm
from consent.requests.intake.deciding import cancel
from consent.requests.limits import rules as limits
from consent.requests.limits.counting import spend
from consent.requests.mails.reading import local_date
from consent.requests.models import Request
from consent.requests.types import Actor, RequestNotFound, RequestState
from consent.requests.verification.codes import CodeCheck, ask_code, check_code

AGAIN = "again"


@page("GET", "POST")
def code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code that was sent, try it, or have another one sent."""
    made = find_made(request)
    if made is None or not waits_for_code(made):
        return go("done")
    if request.method != "POST":
        return show(request, "code")
    at = timezone.now()
    spend(limits.CODE_BY_VISITOR, visits.find_network(request), at=at)
    if AGAIN in request.POST:
        ask_code(made.pk, at=at)
        return show(request, "code", {"told": "code.again_sent"})
    typed = request.POST.get("code", "").strip()[:64]
    if not typed:
        return show(request, "code", {"error": "error.code"}, status=422)
    return _try(request, made, typed, at)


def _try(request: HttpRequest, made: Request, typed: str, at: datetime) -> HttpResponseBase:
    outcome = check_code(made.pk, code=typed, at=at)
    if outcome is CodeCheck.ACCEPTED:
        visits.set_proven(request, made.pk, fresh_until=at + visits.FRESH_FOR)
        return go("done")
    return show(request, "code", {"error": f"code.{outcome.value}"}, status=422)


@page("GET", "POST")
def confirming(request: HttpRequest) -> HttpResponseBase:
    """Ask whoever followed the link whether it was them, and take their word for it."""
    pk = visits.get_confirming(request)
    found = Request.objects.filter(pk=pk).order_by("pk").first() if pk else None
    if found is None:
        raise RequestNotFound("there is no such request")
    if found.state != RequestState.VERIFYING:
        visits.set_proven(request, found.pk)
        return go("status")
    if request.method != "POST":
        context = {"type": found.type, "date": local_date(found.received_at, found.zone)}
        return show(request, "confirm", context)
    if "no" in request.POST:
        cancel(found.pk, actor=Actor.PERSON)
        visits.forget(request)
        return show(request, "told", {"title": "confirm.title", "text": "confirm.done_no"})
    confirm(found.pk, details=request.POST.get("details", "").replace("\0", ""), at=timezone.now())
    visits.set_proven(request, found.pk)
    return go_on(request)
