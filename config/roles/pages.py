"""The admin's pages, found by looking at its addresses, each with what it needs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

from config.roles.needs import OF_THE_SITE, OURS, Need

ACTIONS = "actions"
"""The word for a list: any of its actions is open."""
_OF_EVERY_MODEL: Mapping[str, Need] = {
    "changelist": Need(read=("view",), act=("view", ACTIONS)),
    "add": Need(read=("add",), act=("add",)),
    "change": Need(read=("view",), act=("change",)),
    "delete": Need(read=("delete",), act=("delete",)),
    "history": Need(read=("view",), act=None),
}
_OPEN_TO_ALL = frozenset({"login", "logout"})
_NEVER_REACHED = frozenset({"search"})
"""At its address answers `desk_search`, for every officer: it finds pages and slugs, never people."""
_BUTTONS = ("actions_list", "actions_detail", "actions_row", "actions_submit_line")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the admin: an address, and what of it is fixed."""

    name: str
    """Of its address, without `admin:`."""
    route: str
    need: Need
    model_admin: "ModelAdmin[Any] | None" = None
    """Who answers the need's words; None: the page is the site's."""

    def is_open(self, request: HttpRequest, *, method: str) -> bool:
        """Return whether whoever asks may open the page, or act on it."""
        words = self.need.read if method in _SAFE else self.need.act
        return words is not None and all(self._answers(request, word) for word in words)

    def _answers(self, request: HttpRequest, word: str) -> bool:
        if "." in word:
            return request.user.has_perm(word)
        if self.model_admin is None:
            return False
        if word == ACTIONS:
            return bool(self.model_admin.get_actions(request)) or self._may_edit_list(request)
        return bool(getattr(self.model_admin, f"has_{word}_permission")(request))

    def _may_edit_list(self, request: HttpRequest) -> bool:
        asked = self.model_admin
        return asked is not None and bool(asked.list_editable) and asked.has_change_permission(request)


@cache
def list_pages() -> tuple[Page, ...]:
    """Return every page of the admin that has a name and says what it needs, in the order of the names."""
    found = [page for route, name in list_addresses() for page in _pages(route, name)]
    return tuple(sorted(found, key=lambda page: (page.name, sorted(page.need.arguments.items()))))


@cache
def by_name() -> Mapping[str, tuple[Page, ...]]:
    """Return the pages by the names of their addresses."""
    names = dict.fromkeys(page.name for page in list_pages())
    return {name: tuple(page for page in list_pages() if page.name == name) for name in names}


def list_undeclared() -> list[str]:
    """Return the names of pages that say nowhere what they need: the doorkeeper keeps them closed to all."""
    return [name for _, name in list_addresses() if name not in by_name()]


def list_addresses() -> list[tuple[str, str]]:
    """Return the routes and names of all addresses of the admin that have a name, but for the way in."""
    passed = _OPEN_TO_ALL | _NEVER_REACHED
    return [(route, name) for route, name in _walk(admin.site.urls[0]) if name not in passed]


def is_open_to_all(name: str) -> bool:
    """Return whether the page is there for people who are not signed in."""
    return name in _OPEN_TO_ALL


def find_page(name: str, arguments: Mapping[str, Any]) -> Page | None:
    """Return the page of an address; None if nothing is known of it."""
    for page in by_name().get(name, ()):
        if all(str(arguments.get(key)) == value for key, value in page.need.arguments.items()):
            return page
    return None


def _walk(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield route, pattern.name


def _pages(route: str, name: str) -> Iterator[Page]:
    if name in OF_THE_SITE:
        yield Page(name, route, OF_THE_SITE[name])
        return
    model_admin, part = _find_admin(name)
    found = OURS.get(name) or (_of_model(model_admin, part),)
    for need in found:
        if need is not None:
            yield Page(name, route, need, model_admin)


def _of_model(model_admin: Any, part: str) -> Need | None:
    if part in _OF_EVERY_MODEL:
        return _OF_EVERY_MODEL[part]
    names = {name for place in _BUTTONS for name in _names(getattr(model_admin, place, ()))}
    words = getattr(getattr(model_admin, part, None), "allowed_permissions", None)
    if part not in names or not words:
        return None
    return Need(read=tuple(words), act=None if tuple(words) == ("view",) else tuple(words))


def _names(buttons: Iterable[Any]) -> Iterator[str]:
    """Return the names of unfold's buttons, those in a menu too."""
    for button in buttons or ():
        if isinstance(button, str):
            yield button
        else:
            yield from _names(button.get("items", ()))


def _find_admin(name: str) -> tuple[Any, str]:
    for model, model_admin in admin.site._registry.items():
        before = f"{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(before):
            return model_admin, name.removeprefix(before)
    return None, name
