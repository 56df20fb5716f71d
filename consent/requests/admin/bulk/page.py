"""Doing something with several requests: ask first, then one after the other, then say how it went."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.requests.admin.access import HANDLE, insist
from consent.requests.admin.bulk.declaring import BULK_ACTIONS, BulkAction
from consent.requests.admin.case.declaring import Doing
from consent.requests.admin.case.page import answer_page
from consent.requests.models import Request

MOST = 200
"""So many requests at once: each is a transaction, and an officer waits."""
_CHOSEN = re.compile(r"(?P<id>[0-9a-f-]{36}):(?P<version>\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One request, as the officer saw it."""

    request_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class NotDone:
    """One request that stays as it was, and why."""

    reference: str
    href: str
    why: str


def begin(
    admin: "ModelAdmin[Request]", request: HttpRequest, rows: "QuerySet[Request]", name: str
) -> HttpResponseBase:
    """Answer with what is asked before the requests that were ticked are changed."""
    insist(request, HANDLE)
    found = list(rows.order_by("pk").values_list("pk", "version")[: MOST + 1])
    if len(found) > MOST:
        messages.error(request, f"Choose {MOST} requests at most: nothing was done.")
        return redirect(reverse("admin:consent_requests_request_changelist"))
    action = BULK_ACTIONS[name]
    return _ask(admin, request, action, action.form(), [Chosen(*one) for one in found])


def carry_out(admin: "ModelAdmin[Request]", request: HttpRequest, name: str) -> HttpResponseBase:
    """Do it with one request after the other, and answer with how many were done, which were not, and why."""
    officer_id = insist(request, HANDLE)
    action = BULK_ACTIONS.get(name)
    if action is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    chosen, form = read_chosen(request.POST.getlist("chosen")), action.form(request.POST)
    if not form.is_valid():
        return _ask(admin, request, action, form, chosen)
    failed = list(_act(action, chosen, form.cleaned_data, officer_id))
    return answer_page(
        admin,
        request,
        "admin/requests/bulk_done.html",
        title=f"{action.label}: done",
        done=len(chosen) - len(failed),
        failed=failed,
    )


def read_chosen(texts: Iterable[str]) -> list[Chosen]:
    """Return the requests that a page names, each once.

    :raises Http404: if it names none, too many, or something that is none.
    """
    found = [_CHOSEN.fullmatch(text) for text in texts]
    if not found or len(found) > MOST or None in found:
        raise Http404
    try:
        rows = {UUID(one["id"]): int(one["version"]) for one in found if one}
    except ValueError:
        raise Http404 from None
    return [Chosen(request_id, version) for request_id, version in rows.items()]


def _act(
    action: BulkAction, chosen: Sequence[Chosen], told: dict[str, Any], officer_id: int
) -> Iterable[NotDone]:
    rows = Request.objects.filter(pk__in=[one.request_id for one in chosen])
    names = dict(rows.values_list("pk", "reference"))
    for one in chosen:
        doing = Doing(officer_id=officer_id, version=one.version, at=timezone.now())
        try:
            action.act(one.request_id, told, doing)
        except AccordantError as refusal:
            page = reverse("admin:consent_requests_request_change", args=[one.request_id])
            yield NotDone(names.get(one.request_id, "a request that is gone"), page, f"{refusal}.")


def _ask(
    admin: "ModelAdmin[Request]",
    request: HttpRequest,
    action: BulkAction,
    form: forms.Form,
    chosen: list[Chosen],
) -> HttpResponseBase:
    return answer_page(
        admin,
        request,
        "admin/requests/bulk.html",
        title=f"{action.label}: {len(chosen):,} requests",
        action=action,
        form=form,
        effects=list(action.effects()),
        chosen=[f"{one.request_id}:{one.version}" for one in chosen],
        back=reverse("admin:consent_requests_request_changelist"),
    )
