"""Showing what is sealed about a request, to whom may read it, on demand: each look is told."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin
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
    return {
        "identifiers": [(say(kind.value), ", ".join(values)) for kind, values in content.identifiers],
        "details": [(say(name), _flat(value)) for name, value in content.details.items() if value],
        "notes": list(content.notes.values()),
    }


def _flat(value: object) -> str:
    """Return a value as text: an object by its names."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
