"""Showing what is sealed about a request, to whom may read it, on demand: each look is told."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from consent.kernel.errors import AccordantError
from consent.requests.admin.access import READ, insist
from consent.requests.admin.case.page import answer, find
from consent.requests.admin.words import say
from consent.requests.handling.looking import Content, read_content
from consent.requests.models import Request


def look(admin: "ModelAdmin[Request]", request: HttpRequest, request_id: UUID) -> HttpResponseBase:
    """Answer with the request's page and what is sealed about it. After a POST alone: a look is an act."""
    officer_id = insist(request, READ)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    case = find(request_id)
    try:
        content = read_content(request_id=case.pk, officer_id=officer_id)
    except AccordantError as refusal:
        messages.error(request, f"Not shown: {refusal}.")
        return redirect(reverse("admin:consent_requests_request_change", args=[case.pk]))
    return answer(admin, request, case, content=_describe(content))


def _describe(content: Content) -> dict[str, Any]:
    claims = content.claims
    proven = {(one.kind, one.value) for one in content.proven}
    return {
        "identifiers": [
            (say(one.kind.value), one.value, (one.kind, one.value) in proven)
            for one in dict.fromkeys((*claims.identifiers, *content.proven))
        ],
        "details": [
            *([("answer to", claims.reply_to)] if claims.reply_to else []),
            *([("says they live in", claims.jurisdiction)] if claims.jurisdiction else []),
            *([("asks", content.details.text)] if content.details.text else []),
            *((f"{name} should be", value) for name, value in content.details.corrections.items()),
            *((f"told at the end: {say(name)}", value) for name, value in content.answer.items()),
        ],
        "recipients": [one.destination for one in content.recipients],
        "notes": _name_officers(content.notes),
    }


def _name_officers(notes: Iterable[tuple[int | None, str]]) -> list[tuple[str, str]]:
    found = list(notes)
    officers = get_user_model().objects.in_bulk({one for one, _ in found if one is not None})
    names = {pk: officer.get_username() for pk, officer in officers.items()}
    return [(names.get(one, "an officer") if one else "an officer", text) for one, text in found]
