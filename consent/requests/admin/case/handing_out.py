"""What leaves a request's page as a file, or shows rows that were found: after a POST, and on record."""

# ruff: noqa: ARG001 - the signatures are those of every page of the workspace

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from consent.kernel.errors import AccordantError
from consent.requests.admin.access import HANDLE, READ, insist
from consent.requests.admin.case.acts.packages import find_package
from consent.requests.admin.case.page import answer_page, find
from consent.requests.erasing.certificates.reading import get_certificate_file
from consent.requests.handling.looking import tell_look
from consent.requests.models import Request, Step
from consent.requests.packages.previewing import list_datasets, list_rows
from consent.requests.packages.reading import stream_package
from consent.requests.types import PackageState, StepAction

_TYPES = {"json": "application/json", "html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_KEPT_BY_NOBODY = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def hand_out_package(
    admin: "ModelAdmin[Request]", request: HttpRequest, request_id: UUID
) -> HttpResponseBase:
    """Answer with the package, as the person would get it, to an officer who may read content."""
    officer_id = insist(request, READ)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    case = find(request_id)
    package = find_package(case, PackageState.READY, PackageState.RELEASED)
    if package is None:
        raise Http404

    def answer() -> HttpResponseBase:
        parts: Iterable[bytes] = stream_package(package, officer_id=officer_id)
        return StreamingHttpResponse(
            parts, content_type="application/zip", headers=_headers(f"{case.reference}.zip")
        )

    return _or_say_why(request, case, answer)


def hand_out_certificate(
    admin: "ModelAdmin[Request]", request: HttpRequest, request_id: UUID, ending: str
) -> HttpResponseBase:
    """Answer with the certificate of an erasure. It names nobody."""
    insist(request)
    if ending not in _TYPES:
        raise Http404
    case = find(request_id)

    def answer() -> HttpResponseBase:
        headers = _headers(f"certificate-{case.reference}.{ending}")
        content = get_certificate_file(case.pk, ending)
        return HttpResponse(content, content_type=_TYPES[ending], headers=headers)

    return _or_say_why(request, case, answer)


def show_rows(
    admin: "ModelAdmin[Request]", request: HttpRequest, request_id: UUID, step_id: UUID
) -> HttpResponseBase:
    """Answer with a page of rows that a step collected, and what the person would see of each."""
    officer_id = insist(request, READ)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    case = find(request_id)
    steps = case.steps.select_related("system").filter(pk=step_id, action=StepAction.COLLECT)
    step = steps.order_by("pk").first()
    if step is None or step.system is None:
        raise Http404

    def answer() -> HttpResponseBase:
        tell_look(case, officer_id=officer_id, what=f"rows of {step.system.slug if step.system else ''}")
        return answer_page(
            admin,
            request,
            "admin/requests/rows.html",
            title=f"What {step.system} holds: request {case.reference}",
            case=case,
            step=step,
            may_redact=request.user.has_perm(HANDLE),
            **_read_rows(step, request.POST.get("dataset", ""), request.POST.get("page", "")),
        )

    return _or_say_why(request, case, answer)


def _read_rows(step: Step, dataset: str, page: str) -> dict[str, Any]:
    datasets = list_datasets(step)
    if not datasets:
        return {"datasets": [], "shown": None}
    name = dataset or datasets[0][0]
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 1
    shown = list_rows(step, name, max(number, 1))
    columns = [(cell.column, cell.title) for cell in shown.rows[0].cells] if shown.rows else []
    return {
        "datasets": datasets,
        "shown": shown,
        "columns": columns,
        "earlier": shown.page - 1,
        "later": shown.page + 1 if shown.has_next else 0,
    }


def _or_say_why(
    request: HttpRequest, case: Request, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    try:
        return answer()
    except AccordantError as refusal:
        messages.error(request, f"Not shown: {refusal}.")
        return redirect(reverse("admin:consent_requests_request_change", args=[case.pk]))


def _headers(name: str) -> dict[str, str]:
    return {**_KEPT_BY_NOBODY, "Content-Disposition": f'attachment; filename="{name}"'}
