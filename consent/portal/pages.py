"""How every page is answered: in the visitor's language, kept by nobody, and never with an error in code."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from consent.kernel.errors import AccordantError
from consent.portal.languages import PARAMETER, keep_language, read_language
from consent.requests.wording.languages import LANGUAGES

Answering = Callable[..., HttpResponseBase]
_TOO_MANY, _OURS, _AWAY = 429, 500, 503
_RETRY_AFTER = "3600"


def page(*methods: str) -> Callable[[Answering], Answering]:
    """Have a view answer these methods, and what it raises as a page that says what to do."""

    def decorate(view: Answering) -> Answering:
        @wraps(view)
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                response = view(request, **kwargs)
            except AccordantError as error:
                response = apologise(request, error)
            return _keep_to_the_visitor(response)

        return require_http_methods([*methods, "HEAD"] if "GET" in methods else list(methods))(answer)

    return decorate


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Return a page in the visitor's language."""
    language = read_language(request)
    known = {
        "language": language,
        "languages": LANGUAGES.items(),
        "parameter": PARAMETER,
        "contact": settings.PRIVACY_CONTACT,
    }
    response = render(request, f"portal/{template}.html", {**known, **(context or {})}, status=status)
    response["Content-Language"] = language
    response["Vary"] = "Accept-Language, Cookie"
    keep_language(request, response)
    return response


def go(to: str) -> HttpResponseBase:
    """Return the visitor to another page, so that nothing is sent again when they load it anew."""
    response = redirect(f"portal:{to}")
    response.status_code = 303
    return response


def apologise(request: HttpRequest, error: AccordantError) -> HttpResponse:
    """Return the page for an error: what happened, and what the visitor can do."""
    kinds = {404: "not_found", 409: "not_now", 410: "not_found", _TOO_MANY: "too_many"}
    is_ours = error.status >= _OURS
    kind = kinds.get(error.status, "away" if is_ours else "not_taken")
    return sorry(request, kind, status=_AWAY if is_ours else error.status)


def sorry(request: HttpRequest, kind: str, *, status: int) -> HttpResponse:
    """Return the page that says `kind`."""
    context = {"title": f"sorry.{kind}_title", "text": f"sorry.{kind}"}
    response = show(request, "sorry", context, status=status)
    if status == _TOO_MANY:
        response["Retry-After"] = _RETRY_AFTER
    return response


def _keep_to_the_visitor(response: HttpResponseBase) -> HttpResponseBase:
    """No cache, no search engine and no other site is to know of what a page says."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Robots-Tag", "noindex")
    return response
