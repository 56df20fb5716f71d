"""No officer works in the admin without a factor, where the settings say so."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from config.csp import ADMIN
from config.signing_in import marks
from config.signing_in.leading import lead

ALWAYS_OPEN = {"login", "logout", "jsi18n"}
Answer = Callable[[HttpRequest], HttpResponseBase]


class Middleware:
    """Leads who has no factor to the page where one is set up."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Return the way to a factor, or None if the page may be seen."""
        del view, args, kwargs
        return lead(request, reverse("mfa_index")) if needs_factor(request) else None


def needs_factor(request: HttpRequest) -> bool:
    """Return whether the officer has to set up a factor before this page."""
    if not settings.REQUIRE_MFA or not request.path_info.startswith(ADMIN):
        return False
    match = request.resolver_match
    if (match is not None and match.url_name in ALWAYS_OPEN) or not request.user.is_authenticated:
        return False
    mark = marks.read(request.session)
    return not mark.has_factor if mark else not settings.UNMARKED_SESSIONS_ALLOWED
