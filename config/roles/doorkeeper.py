"""Keeps every page of the admin closed to whoever lacks what it needs, before its own check is reached."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

from config.roles.pages import by_name, find_page, is_open_to_all

logger = logging.getLogger(__name__)
NAMESPACE = "admin"
_ACTING = "POST"


class Middleware:
    """Stands last. Pages look at permissions themselves; here the declared needs hold, whatever they do.

    A page that says nowhere what it needs is closed to everybody. Whoever is not an officer goes on: the
    admin asks them to sign in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _arguments: object, named: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Let the request reach its page, if it may; say so where a page that only acts was to be read.

        :raises PermissionDenied: if it may not.
        """
        match = request.resolver_match
        if match is None or NAMESPACE not in match.namespaces or not _is_officer(request):
            return None
        name = match.url_name
        if name is None or is_open_to_all(name):
            return None
        if name not in by_name():
            logger.error("admin:%s says nowhere what it needs (config/roles/needs.py): it is closed", name)
            raise PermissionDenied
        page = find_page(name, named)
        if page is None or page.is_open(request, method=request.method or "GET"):
            return None
        if page.need.read is None and page.is_open(request, method=_ACTING):
            return HttpResponseNotAllowed([_ACTING])
        raise PermissionDenied


def _is_officer(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_staff)
