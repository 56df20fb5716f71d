"""Taking down a request that came by letter, telephone or in person."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from consent.kernel.errors import AccordantError
from consent.requests.admin.access import HANDLE, insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.entry.asking import MOST_IDENTIFIERS, EntryForm
from consent.requests.intake.receiving import Received, receive
from consent.requests.models import Request
from consent.requests.types import Actor, RequestState
from consent.requests.verification.vouching import accept_document

EFFECTS = (
    "The request gets a reference and a due date, counted from when it came in, and is given to you.",
    "If there is an address, the person is told by mail that it came in, in the language you choose.",
    "A no (opt-out, objection, withdrawal, limit) begins at once. Anything else waits for proof of who asks.",
    "As proof a code, or a link, is sent to the contact, unless a document that you have seen is enough.",
)


def enter(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponseBase:
    """Answer with the form; on a valid POST, take the request in, and lead to its page."""
    officer_id = insist(request, HANDLE)
    now = timezone.now()
    filled = fill_in(request, officer_id=officer_id, at=now)
    form = EntryForm(request.POST or None, initial={"received_at": now, **filled}, at=now)
    if request.method == "POST" and form.is_valid():
        try:
            received = take_in(form, officer_id=officer_id, at=now)
        except AccordantError as refusal:
            form.add_error(None, f"Not taken in: {refusal}.")
        else:
            messages.success(request, _tell(received))
            return redirect(reverse("admin:consent_requests_request_change", args=[received.request_id]))
    context = {"title": "New request", "form": form, "effects": EFFECTS}
    return answer_page(admin, request, "admin/requests/entry.html", **context)


def fill_in(request: HttpRequest, *, officer_id: int, at: datetime) -> dict[str, str]:
    """Return what a look-up of the officer's, named in the address by its id, knows the person by."""
    visit = request.GET.get("for")
    if request.method != "GET" or not visit:
        return {}
    try:
        found = import_string(settings.REQUEST_ENTRY_FILLED_BY)(visit, officer_id=officer_id, at=at)
    except AccordantError as refusal:
        messages.warning(request, f"The form is not filled in: {refusal}.")
        return {}
    shown = list(enumerate(found[:MOST_IDENTIFIERS], start=1))
    kinds = {f"kind_{number}": one.kind.value for number, one in shown}
    return kinds | {f"value_{number}": one.value for number, one in shown}


@transaction.atomic
def take_in(form: EntryForm, *, officer_id: int, at: datetime) -> Received:
    """Take the request in, and put on record what the officer has seen. All of it, or nothing.

    :raises AccordantError: of `receive` and `accept_document`.
    """
    received = receive(form.asked(), actor=Actor.OFFICER, officer_id=officer_id)
    seen = form.seen()
    if seen is not None and received.state is RequestState.VERIFYING and not received.joined:
        document, proven = seen
        accept_document(
            received.request_id,
            document=document,
            proven=proven,
            officer_id=officer_id,
            version=received.version,
            at=at,
        )
    return received


def _tell(received: Received) -> str:
    if received.joined:
        return f"Request {received.reference} asks what another one asks: it was joined to that."
    return f"Request {received.reference} was taken in."
