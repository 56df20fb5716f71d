"""Asking for something: the first page, the form of each type, and what is said once it is sent."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from consent.portal import visits
from consent.portal.asking.choices import Choices, get_choices
from consent.portal.asking.fields import GROUPS, OFFERED, ONCE, TRAP, FormShape
from consent.portal.asking.reading import CONTACTS, Filled, list_fields, read_form
from consent.portal.asking.sending import Visitor, send
from consent.portal.languages import read_language
from consent.portal.pages import go, page, show, sorry
from consent.portal.preferences import visiting
from consent.portal.preferences.signals import keep_device, note_signal
from consent.portal.wording import list_places
from consent.requests.models import Request
from consent.requests.types import NEVER_VERIFIED, RequestState, RequestType

_UNPROCESSABLE = 422


@page("GET")
def start(request: HttpRequest) -> HttpResponseBase:
    """Show what can be asked for."""
    return show(request, "start", {"groups": GROUPS})


@page("GET", "POST")
def ask(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Show the form of a type of request, and take it in once it is filled."""
    if kind not in OFFERED:
        return sorry(request, "not_found", status=404)
    at = timezone.now()
    shape = FormShape(RequestType(kind))
    choices = get_choices(shape.type, at=at)
    if request.method != "POST":
        return _show_form(request, shape, choices, Filled(), at)
    if request.POST.get(TRAP):  # no person fills this in: it is thanked, and nothing happens
        return show(request, "done")
    filled = read_form(shape, choices, request.POST)
    if filled.errors:
        return _show_form(request, shape, choices, filled, at)
    once = request.POST.get(ONCE, "")[:64]
    received = send(shape, choices, filled, once=once, visitor=find_visitor(request), at=at)
    if received is not None:
        visits.set_pending(request, received.request_id)
    return go_on(request)


@page("GET")
def done(request: HttpRequest) -> HttpResponseBase:
    """Show the reference of what was just asked, and what comes next."""
    made = find_made(request)
    if made is None:
        return show(request, "done", {"is_repeated": True})
    context = {
        "reference": made.reference,
        "is_no": made.type in NEVER_VERIFIED,
        "is_proven": visits.get_proven(request) == str(made.pk),
        "needs_more": made.state == RequestState.VERIFYING,
    }
    return show(request, "done", context)


def find_visitor(request: HttpRequest) -> Visitor:
    """Return who sends a form."""
    return Visitor(network=visits.find_network(request), language=read_language(request))


def find_made(request: HttpRequest) -> Request | None:
    """Return the request that the visitor made last, whether they proved it yet or not."""
    made = visits.get_pending(request) or visits.get_proven(request)
    return Request.objects.filter(pk=made).order_by("pk").first() if made else None


def go_on(request: HttpRequest) -> HttpResponseBase:
    """Return the visitor to the page for the code, if one is waited for, else to the one that thanks."""
    made = find_made(request)
    return go("code" if made is not None and waits_for_code(made) else "done")


def waits_for_code(made: Request) -> bool:
    """Return whether a code would be taken: none was yet, whatever else may be asked for besides."""
    is_waiting = made.state == RequestState.VERIFYING
    return is_waiting and not made.verifications.filter(verified_at__isnull=False).exists()


def _show_form(
    request: HttpRequest, shape: FormShape, choices: Choices, filled: Filled, at: datetime
) -> HttpResponse:
    language = read_language(request)
    context: dict[str, Any] = {
        "shape": shape,
        "type": shape.type.value,
        "choices": choices,
        "filled": filled,
        "values": {name: filled[name] for name in list_fields(shape)},
        "errors": filled.errors,
        "lines": [(one, f"field_{one}", f"value_{one}") for one in shape.corrections],
        "contacts": list(CONTACTS),
        "places": list_places(language),
        "brands": choices.controllers if len(choices.controllers) > 1 else {},
        "once": uuid4(),
        "trap": TRAP,
    }
    status = _UNPROCESSABLE if filled.errors else 200
    if shape.type is not RequestType.OPT_OUT:
        return show(request, "ask", context, status=status)
    signal = note_signal(request, visiting.read(request, at=at), at=at)
    response = show(request, "ask", {**context, "signal": signal}, status=status)
    response["Vary"] = "Accept-Language, Cookie, Sec-GPC"
    keep_device(request, response, signal)
    return response
