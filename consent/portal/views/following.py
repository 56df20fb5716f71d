"""Following a request: where it stands, taking it back, answering, having the end looked at again."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from consent.portal import visits
from consent.portal.asking.sending import send_appeal
from consent.portal.following.story import tell_story
from consent.portal.languages import read_language
from consent.portal.pages import go, page, show
from consent.portal.views.asking import find_visitor, go_on, waits_for_code
from consent.requests.erasing.certificates.reading import get_certificate_file
from consent.requests.intake.answering import answer
from consent.requests.intake.deciding import cancel
from consent.requests.models import Request
from consent.requests.types import Actor, RequestNotFound

_MEDIA_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "json": "application/json"}
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"


def find_own(request: HttpRequest) -> Request:
    """Return the request that the visitor showed to be theirs.

    :raises RequestNotFound: if they showed none.
    """
    pk = visits.get_proven(request)
    found = Request.objects.filter(pk=pk).order_by("pk").first() if pk else None
    if found is None:
        raise RequestNotFound("there is no such request")
    return found


@page("GET")
def status(request: HttpRequest) -> HttpResponseBase:
    """Show how far the visitor's request is; who showed none is told how to have a link sent."""
    if visits.get_proven(request) is None:
        return show(request, "ended", status=404)
    return _show_status(request, find_own(request))


@page("POST")
def withdraw(request: HttpRequest) -> HttpResponseBase:
    """End the visitor's request because they take it back."""
    cancel(find_own(request).pk, actor=Actor.PERSON)
    return go("status")


@page("POST")
def reply(request: HttpRequest) -> HttpResponseBase:
    """Keep what the visitor answers to what they were asked."""
    own = find_own(request)
    text = request.POST.get("answer", "").replace("\0", "").strip()
    if not text:
        return _show_status(request, own, error="answer")
    answer(own.pk, text=text)
    return _show_status(request, own, is_answered=True)


@page("POST")
def appeal(request: HttpRequest) -> HttpResponseBase:
    """Have the end of the visitor's request looked at again: a request of its own, proven by a code."""
    own = find_own(request)
    text = request.POST.get("appeal", "").replace("\0", "").strip()
    if not text:
        return _show_status(request, own, error="appeal")
    once = request.POST.get("once", "")[:64]
    at = timezone.now()
    received = send_appeal(own, details=text, once=once, visitor=find_visitor(request), at=at)
    if received is not None:
        visits.set_pending(request, received.request_id)
    return go_on(request)


@page("GET")
def certificate(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Hand out the signed statement of what was erased. It names nobody, so a link is enough."""
    own = find_own(request)
    response = HttpResponse(get_certificate_file(own.pk, ending), content_type=_MEDIA_TYPES[ending])
    if ending == "html":
        response.headers["Content-Security-Policy"] = _SANDBOX  # a page of its own, with its own style
    else:
        name = f"erasure-{own.reference}.{ending}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page("POST")
def leave(request: HttpRequest) -> HttpResponseBase:
    """Forget the visitor: for who uses a machine that others use, too."""
    visits.forget(request)
    return show(request, "told", {"title": "status.title", "text": "status.left"})


def _show_status(
    request: HttpRequest, own: Request, *, error: str = "", is_answered: bool = False
) -> HttpResponse:
    own.refresh_from_db()
    context = {
        "story": tell_story(own, language=read_language(request), at=timezone.now()),
        "waits_for_code": waits_for_code(own),
        "error": error,
        "is_answered": is_answered,
        "once": uuid4(),
    }
    return show(request, "status", context, status=422 if error else 200)
