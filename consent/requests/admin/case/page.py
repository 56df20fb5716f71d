"""The page of one request."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from consent.requests.admin.access import HANDLE, READ, insist
from consent.requests.admin.case import facts, messages, packages, steps, timeline
from consent.requests.admin.case.doing import list_offered
from consent.requests.admin.case.erasures import describe_certificate, describe_plan
from consent.requests.models import Request

TEMPLATE = "admin/requests/case.html"
_RELATED = ("assigned_to", "agent", "joined_to", "appeal_of", "continues", "proposed_by", "approved_by")


def find(request_id: UUID) -> Request:
    """Return the request, with what is read beside it.

    :raises Http404: if there is none.
    """
    rows = Request.objects.defer("wrapped", "sealed").select_related(*_RELATED)
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


def show(admin: "ModelAdmin[Request]", request: HttpRequest, request_id: UUID) -> TemplateResponse:
    """Answer with the request's page. What the person wrote is not on it: that is asked for by itself."""
    insist(request)
    return answer(admin, request, find(request_id))


def answer(
    admin: "ModelAdmin[Request]", request: HttpRequest, case: Request, **more: object
) -> TemplateResponse:
    """Answer with the page of `case`, and `more` on it."""
    context = {**describe(request, case), "title": f"Request {case.reference}", **more}
    return answer_page(admin, request, TEMPLATE, **context)


def answer_page(
    admin: "ModelAdmin[Request]", request: HttpRequest, template: str, **context: object
) -> TemplateResponse:
    """Answer with a page of the workspace that no browser and no proxy keeps."""
    whole = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "is_fullwidth": "1",
        "may_handle": request.user.has_perm(HANDLE),
        **context,
    }
    return TemplateResponse(request, template, whole, headers={"Cache-Control": "no-store"})


def find_trace_page(request: HttpRequest) -> str:
    """Return the address of the page on which people are traced; nothing for who may not trace them."""
    return reverse(settings.TRACE_PAGE) if request.user.has_perm(settings.TRACE_PERMISSION) else ""


def describe(request: HttpRequest, case: Request) -> Mapping[str, Any]:
    """Return what the page shows of a request."""
    now = timezone.now()
    return {
        "case": case,
        "head": facts.describe_head(case, now),
        "facts": list(facts.describe_facts(case)),
        "hints": [told for told in facts.describe_hints(case) if told],
        "phases": steps.describe_phases(case, request),
        "package": packages.describe_package(case, request),
        "collected": packages.describe_collected(case, request),
        "certificate": describe_certificate(case),
        "plan": describe_plan(case),
        "mails": list(messages.describe_mails(case, request)),
        "verification": list(messages.describe_verification(case)),
        "events": timeline.describe_events(case),
        "offered": list_offered(request, case),
        "trace_page": find_trace_page(request) if case.subjects else "",
        "may_read": request.user.has_perm(READ) and case.content_destroyed_at is None,
    }
