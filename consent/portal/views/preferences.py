"""The preference centre: what can be chosen, what was said when, and who received what."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.gzip import gzip_page

from consent.ledger.types import NotSealedYet
from consent.portal.languages import read_language
from consent.portal.models import Theme
from consent.portal.pages import go, page
from consent.portal.preferences import policy, visiting
from consent.portal.preferences.pages import saving, telling, wishes
from consent.portal.preferences.pages.history import read_number, read_page
from consent.portal.preferences.pages.notices import read_notice
from consent.portal.preferences.pages.person import read_person
from consent.portal.preferences.pages.recipients import list_received
from consent.portal.preferences.pages.saving import Outcome, Told
from consent.portal.preferences.pages.showing import (
    as_told,
    is_swapped,
    name_controller,
    open_for,
    show_choices,
    show_page,
    without_scripts,
)
from consent.portal.types import Trust, Visitor
from consent.records.queries import has_record
from consent.records.services import NoPolicyRecorded, get_receipt

_GONE = 410
_YEAR = "private, max-age=31536000, immutable"
_PNG, _SVG = "image/png", "image/svg+xml"
Answering = Callable[..., HttpResponseBase]


def proven(view: Answering) -> Answering:
    """Have a view answer those who showed who they are; a mailing's link can be passed on."""

    @wraps(view)
    def answer(request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        visitor = visiting.read(request, at=timezone.now())
        if visitor is None:
            return _nobody(request)
        if visitor.trust is not Trust.PROVEN:
            _keep_wish(request)
            return show_page(request, visitor, "prove", status=403)
        return view(request, visitor, **kwargs)

    return answer


@gzip_page
@page("GET", "POST")
def choices(request: HttpRequest) -> HttpResponseBase:
    """Show what the visitor can choose, and take what they say."""
    at = timezone.now()
    visitor = visiting.read(request, at=at)
    if visitor is None:
        return _nobody(request)
    if request.method != "POST":
        opened = open_for(request, visitor, at=at)
        return show_choices(request, visitor, opened, telling.take(request))
    told = _take(request, visitor)
    if told is None:
        return go("choices")
    if told.outcome is Outcome.PROOF:
        wishes.keep(request, "choices", purpose=told.purpose)
    if is_swapped(request):
        telling.remember(request, told)
        opened = open_for(request, visitor, at=timezone.now())
        return show_choices(request, visitor, opened, as_told(told))
    telling.keep(request, told)
    return _back_to(told)


@gzip_page
@page("GET")
def notice(request: HttpRequest, key: str, number: int) -> HttpResponseBase:
    """Show a notice whole, as it was published."""
    at = timezone.now()
    visitor = visiting.read(request, at=at)
    if visitor is None:
        return _nobody(request)
    document = policy.get_document(at=at)
    found = read_notice(document, key, number, language=read_language(request), at=at)
    if found is None:
        return show_page(request, visitor, "said", {"name": "notice.unknown"}, status=404)
    context = {"notice": found}
    return show_page(request, visitor, "notice", context, controller=name_controller(visitor, at=at))


@gzip_page
@page("GET")
@proven
def history(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """Show what the visitor said, and when, a page at a time."""
    at = timezone.now()
    document = policy.get_document(at=at)
    person = read_person(visitor, heeding=(), at=at)
    found = read_page(person.refs, read_number(request.GET.get("page", "")), document)
    return show_page(request, visitor, "history", {"page": found}, controller=name_controller(visitor, at=at))


@gzip_page
@page("GET")
@proven
def recipients(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """Show who received the visitor's data, as far as it is on record."""
    at = timezone.now()
    purposes = policy.get_document(at=at).get("purposes", {})
    person = read_person(visitor, heeding=(), at=at)
    rows = [
        {
            "title": one.title,
            "purposes": [purposes.get(slug, {}).get("title", slug) for slug in one.purposes],
            "first_at": one.first_at,
            "last_at": one.last_at,
        }
        for one in list_received(sorted(person.refs), at=at)
    ]
    context = {"received": rows}
    return show_page(request, visitor, "recipients", context, controller=name_controller(visitor, at=at))


@page("GET")
def receipt(request: HttpRequest, record_id: str) -> HttpResponseBase:
    """Hand out the receipt of a record: of the visitor's own if they are proven, else of this visit's."""
    at = timezone.now()
    visitor = visiting.read(request, at=at)
    if visitor is None:
        return _nobody(request)
    if not _may_take(request, visitor, record_id):
        return show_page(request, visitor, "said", {"name": "receipt.unknown"}, status=404)
    try:
        content = get_receipt(record_id=record_id, at=at)
    except NotSealedYet:
        return show_page(request, visitor, "said", {"name": "receipt.soon"}, status=409)
    except NoPolicyRecorded:
        return show_page(request, visitor, "said", {"name": "receipt.none"}, status=404)
    response = HttpResponse(content, content_type="application/jose")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{record_id}.jws"'
    return response


@page("GET")
def logo(request: HttpRequest, controller: str, changed: str) -> HttpResponseBase:  # noqa: ARG001 - the address's
    """Hand out a controller's logo. It is no secret, and stays until its address changes."""
    row = Theme.objects.filter(controller=controller).order_by("pk").first()
    if row is None or not row.logo or row.logo_type not in {_PNG, _SVG}:
        raise Http404
    response = HttpResponse(bytes(row.logo), content_type=row.logo_type)
    response.headers["Cache-Control"] = _YEAR
    return without_scripts(response)


def _take(request: HttpRequest, visitor: Visitor) -> Told | None:
    """Take what the form says; None if it says nothing."""
    at, form = timezone.now(), request.POST
    if "all" in form:
        return saving.say_no_to_all(visitor, at=at)
    if "no" in form or "yes" in form:
        is_yes = "no" not in form
        opened = open_for(request, visitor, at=at)
        return saving.save(visitor, opened, form["yes" if is_yes else "no"][:300], is_yes=is_yes, at=at)
    if "undo" in form:
        return saving.undo(visitor, open_for(request, visitor, at=at), at=at)
    return None


def _back_to(told: Told) -> HttpResponseBase:
    """Return to the row that was spoken of, so that nothing is sent again when the page is loaded anew."""
    is_there = told.purpose and told.outcome is not Outcome.GONE
    place = wishes.find_place(told.purpose) if is_there else "choices"
    response = redirect(f"{reverse('portal:choices')}#{place}")
    response.status_code = 303
    return response


def _may_take(request: HttpRequest, visitor: Visitor, record_id: str) -> bool:
    if telling.is_own(request, record_id):
        return True
    if visitor.trust is not Trust.PROVEN:
        return False
    person = read_person(visitor, heeding=(), at=timezone.now())
    return has_record(refs=person.refs, record_id=record_id)


def _nobody(request: HttpRequest) -> HttpResponseBase:
    """Ask who comes; whoever wanted to say something and whose visit is over is told that it is not saved."""
    if request.method != "POST":
        _keep_wish(request)
        return go("choices_open")
    form = request.POST
    unsaved = next((name for name in ("all", "no", "yes", "undo") if name in form), "")
    slug = form.get(unsaved, "").partition(" ")[0]
    purposes = policy.get_document(at=timezone.now()).get("purposes", {})
    context = {
        "unsaved": "all" if unsaved == "undo" else unsaved,
        "title": purposes.get(slug, {}).get("title", ""),
    }
    template = "ended_part" if is_swapped(request) else "ended"
    if slug in purposes:
        wishes.keep(request, "choices", purpose=slug)
    return show_page(request, None, template, context, status=_GONE)


def _keep_wish(request: HttpRequest) -> None:
    """Have the visitor come to the page that they asked for, once they have shown who they are."""
    if request.resolver_match is not None:
        wishes.keep(request, request.resolver_match.url_name or "")
