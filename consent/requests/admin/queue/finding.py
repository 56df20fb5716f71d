"""Finding a request by what the officer has in hand. What is looked for is in no address and no log."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from consent.requests.admin.access import insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.words import say, say_type, tell_due
from consent.requests.models import Request
from consent.requests.people import find_requests
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind

REFERENCE = "reference"
MOST = 50


class FindForm(forms.Form):
    """What the officer has in hand: a reference, or an identifier of the person."""

    by = forms.ChoiceField(
        label="Find by",
        choices=[(REFERENCE, "reference"), *((kind.value, say(kind.value)) for kind in IdentifierKind)],
        widget=UnfoldAdminSelectWidget,
    )
    value = forms.CharField(
        label="Value",
        max_length=300,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def find(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponseBase:
    """Answer with the requests that were found; with its page, if it is one. After a POST alone."""
    insist(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = FindForm(request.POST)
    found = list_found(form.cleaned_data["by"], form.cleaned_data["value"]) if form.is_valid() else []
    if len(found) == 1:
        return redirect(reverse("admin:consent_requests_request_change", args=[found[0]]))
    return answer_page(
        admin,
        request,
        "admin/requests/found.html",
        title="Requests found",
        form=form,
        found=_describe(found),
    )


def list_found(by: str, value: str) -> list[UUID]:
    """Return the ids of the requests that the value leads to."""
    if by == REFERENCE:
        words = "".join(value.upper().split())
        rows = Request.objects.filter(reference__in={value.strip(), words}) if "\0" not in value else []
        return [row.pk for row in rows]
    try:
        return find_requests([normalise(Identifier(IdentifierKind(by), value))], is_proven=False)
    except MalformedIdentifier:
        return []


def _describe(ids: list[UUID]) -> list[dict[str, Any]]:
    rows = Request.objects.defer("wrapped", "sealed").filter(pk__in=ids).order_by("-received_at", "pk")
    now = timezone.now()
    return [
        {
            "href": reverse("admin:consent_requests_request_change", args=[row.pk]),
            "reference": row.reference,
            "type": say_type(row.type),
            "state": say(row.state),
            "due": tell_due(
                due_at=row.due_at,
                zone=row.zone,
                paused=row.paused_at is not None,
                closed_at=row.closed_at,
                now=now,
            ),
        }
        for row in rows[:MOST]
    ]
