"""The API's addresses, each with the scope that a key needs there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.request import Request
from rest_framework.views import APIView

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the API."""

    route: str
    method: str
    scope: str
    """Empty: it asks for no key's scope."""


def list_endpoints() -> list[Endpoint]:
    """Return every address of the API, in order. One that asks for keys and names no scope answers nobody."""
    return sorted(_walk(get_resolver().url_patterns), key=lambda one: (one.route, one.method))


def _walk(patterns: Iterable[Any], before: str = "") -> Iterator[Endpoint]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and _is_of_api(pattern):
            view = pattern.callback.cls  # type: ignore[attr-defined]  # as `as_view` of an APIView leaves it
            for method in (name.upper() for name in _METHODS if hasattr(view, name)):
                yield Endpoint(f"/{route}", method, _scope_of(view, method))


def _scope_of(view: type[APIView], method: str) -> str:
    """Return the scope that the view asks for: of some it depends on the method; open ones ask for none."""
    if not view.authentication_classes:
        return ""
    asked = view()
    asked.request = Request(HttpRequest())
    asked.request.method = method
    return str(getattr(asked, "required_scope", "") or "")


def _is_of_api(pattern: URLPattern) -> bool:
    return issubclass(getattr(pattern.callback, "cls", object), APIView)
