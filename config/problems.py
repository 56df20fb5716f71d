"""Errors as RFC 9457 problem JSON, each with a stable `code`. What a caller sent is never echoed."""

from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import views
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response

from activation.checks.wire import MalformedRequest
from config.csp import ADMIN
from consent.kernel.errors import AccordantError
from consent.records.services import SignalsRefused

PORTAL = "/privacy/"
MEDIA_TYPE = "application/problem+json"
# The framework puts the caller's value into these messages.
NEUTRAL_MESSAGES = {
    "invalid_choice": "This is not one of the values allowed here.",
    "does_not_exist": "This does not exist.",
    "unsupported_media_type": "The body's Content-Type is none that this address takes.",
    "method_not_allowed": "This address does not know the method.",
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the problem that answers `error`, or None for a defect of ours, which answers 500."""
    if isinstance(error, AccordantError):
        views.set_rollback()
        body = problem(status=error.status, code=error.code, detail=str(error), **_members(error))
        return Response(body, status=error.status, content_type=MEDIA_TYPE)
    response = views.exception_handler(error, context)
    if response is None:
        return None
    response.data = _body(error, response)
    response.content_type = MEDIA_TYPE
    return response


def _members(error: AccordantError) -> dict[str, Any]:
    """Return what the error tells besides: each fault with its JSON Pointer, or a signal's with its place."""
    if isinstance(error, MalformedRequest):
        return {"errors": [asdict(fault) for fault in error.faults]}
    return error.members() if isinstance(error, SignalsRefused) else {}


def problem(*, status: int, code: str, detail: str, **members: Any) -> dict[str, Any]:
    """Return a problem document: RFC 9457's members, our `code`, and `members`."""
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **members,
    }


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page under the admin, a problem everywhere else."""
    if request.path_info.startswith(ADMIN):
        return defaults.page_not_found(request, exception)
    return _answer(status=404, code="not_found", detail="There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 and say nothing of what went wrong: that is in the log."""
    if request.path_info.startswith(ADMIN):
        return defaults.server_error(request)
    if request.path_info.startswith(PORTAL):
        return defaults.server_error(request, template_name="portal/broken.html")
    return _answer(
        status=500, code="internal_error", detail="The service made an error. Nothing was decided."
    )


def _answer(*, status: int, code: str, detail: str) -> JsonResponse:
    body = problem(status=status, code=code, detail=detail)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def _body(error: Exception, response: Response) -> dict[str, Any]:
    """Return the problem for an error that the framework knows."""
    if isinstance(error, ValidationError):
        faults = list(_faults(error.detail, path=""))
        detail = f"The request has {len(faults)} fault{'s' if len(faults) != 1 else ''}."
        return problem(status=response.status_code, code="invalid_request", detail=detail, errors=faults)
    if isinstance(error, APIException) and isinstance(error.detail, ErrorDetail):
        code = error.detail.code or error.default_code
        detail = NEUTRAL_MESSAGES.get(code, str(error.detail))
        return problem(status=response.status_code, code=code, detail=detail)
    phrase = HTTPStatus(response.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    return problem(status=response.status_code, code=code, detail=f"{phrase}.")


def _faults(detail: Any, *, path: str) -> Iterator[dict[str, str]]:
    """Yield each fault below `detail` with its JSON Pointer (RFC 6901) into the request."""
    if isinstance(detail, ErrorDetail):
        code = detail.code or ValidationError.default_code
        yield {"path": path, "code": code, "message": NEUTRAL_MESSAGES.get(code, str(detail))}
    elif isinstance(detail, dict):
        for key, inner in detail.items():
            step = "" if key == "non_field_errors" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _faults(inner, path=path + step)
    else:
        for index, inner in enumerate(detail):
            step = "" if isinstance(inner, ErrorDetail) else f"/{index}"
            yield from _faults(inner, path=path + step)
